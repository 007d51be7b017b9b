#include "support/catch.hpp"

#include <portrait/forwarding_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/testing/failing_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>

#include <stdexcept>

namespace forwarding_image_store_test {

using namespace portrait;
using namespace portrait::testing::conformance;

namespace {

/// A user's decorator: overrides `submit` alone.
class CountingStore final : public ForwardingImageStore {
public:
    using ForwardingImageStore::ForwardingImageStore;

    void submit(SaveImage command, Completion<SavedImage> completion) override {
        ++saves;
        next().submit(std::move(command), std::move(completion));
    }
    int saves = 0;
};

} // namespace

TEST_CASE("a store that forwards keeps the promises of ImageStore", "[forwarding][conformance]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<ForwardingImageStore>(
            std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit));
    });
}

TEST_CASE("a class that overrides submit also gets calls of save", "[forwarding]") {
    CountingStore store{std::make_shared<MemoryImageStore>()};
    CHECK(store.save(save_command(person(1), 1)).has_value());
    store.submit(save_command(person(2), 2),
                 [](const result<SavedImage>& saved) { CHECK(saved.has_value()); });
    CHECK(store.saves == 2);
}

TEST_CASE("every member reaches the store behind", "[forwarding]") {
    const auto failing = std::make_shared<testing::FailingImageStore>(std::make_shared<MemoryImageStore>());
    ForwardingImageStore store{failing};
    const auto saved = save(store, person(1), 1);
    CHECK(store.cached_image(person(1)).value().info == saved.info);

    failing->fail_all(errc::store_corrupt);
    CHECK(store.save(save_command(person(1), 2)).error() == errc::store_corrupt);
    store.submit(save_command(person(1), 2),
                 [](const result<SavedImage>& outcome) { CHECK(outcome.error() == errc::store_corrupt); });
    CHECK(store.image(person(1)).error() == errc::store_corrupt);
    CHECK(store.info(person(1)).error() == errc::store_corrupt);
    CHECK(store.infos({}).error() == errc::store_corrupt);
    CHECK(store.persons_with_image({}, 1).error() == errc::store_corrupt);
    CHECK_FALSE(store.cached_image(person(1)).has_value());
    CHECK_FALSE(store.cached_info(person(1)).has_value());
    CHECK(store.update_info(description_of(person(1), "x")).error() == errc::store_corrupt);
    CHECK(store.remove(removal_of(person(1))).error() == errc::store_corrupt);
    CHECK(store.link(link_command(person(2), saved.blob_id())).error() == errc::store_corrupt);
    CHECK(store.unlink({.person_id = person(1), .actor = actor(1), .now = at(1)}).error() ==
          errc::store_corrupt);
    CHECK(store.erase({.person_id = person(1), .actor = actor(1), .now = at(1)}).error() ==
          errc::store_corrupt);
    CHECK(store.last_erasure(person(1)).error() == errc::store_corrupt);
    CHECK(store.erasures().error() == errc::store_corrupt);
    store.fetch(person(1),
                [](const result<StoredImage>& stored) { CHECK(stored.error() == errc::store_corrupt); });
    CHECK(store.writable().error() == errc::store_corrupt);
}

TEST_CASE("save throws the exceptions of the store behind", "[forwarding]") {
    const auto failing = std::make_shared<testing::FailingImageStore>(std::make_shared<MemoryImageStore>());
    ForwardingImageStore store{failing};
    failing->throw_at_call(1, "out of order");
    CHECK_THROWS_AS(store.save(save_command(person(1), 1)), std::runtime_error);
}

TEST_CASE("a forwarding store without a store is a programming error", "[forwarding]") {
    CHECK_THROWS_AS(ForwardingImageStore{nullptr}, std::invalid_argument);
}

} // namespace forwarding_image_store_test
