#include "support/catch.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/revalidating_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>
#include <portrait/testing/shared_store_conformance.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace revalidating_image_store_test {

using namespace portrait;
using namespace portrait::testing::conformance;

namespace {

/// Leaves out bytes that the caller has, and counts the others.
class CountingStore final : public ForwardingImageStore {
public:
    explicit CountingStore(std::shared_ptr<ImageStore> store)
        : ForwardingImageStore{std::move(store)} {}

    void fetch(ImageKey key, Completion<StoredImage> completion) const override {
        auto stored = next().image(key);
        with_bytes += stored ? 1 : 0;
        if (before_answer)
            std::exchange(before_answer, nullptr)();
        completion(std::move(stored));
    }
    void fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                      Completion<StoredImage> completion) const override {
        const auto info = next().info(key);
        if (info && info->blob_id == known->blob_id && info->blob_version == known->blob_version)
            return completion(StoredImage{*info, {}});
        fetch(key, std::move(completion));
    }

    mutable int with_bytes = 0;
    mutable std::function<void()> before_answer;
};

/// Two processes on one store, each with a cache.
struct Fixture {
    std::shared_ptr<MemoryImageStore> store = std::make_shared<MemoryImageStore>();
    std::shared_ptr<CountingStore> counted = std::make_shared<CountingStore>(store);
    std::shared_ptr<ImageCache> cache = std::make_shared<ImageCache>(1 << 20);
    RevalidatingImageStore here{counted, cache};
    RevalidatingImageStore elsewhere{store, std::make_shared<ImageCache>(1 << 20)};
};

} // namespace

TEST_CASE("a store that is asked before each answer keeps the promises of ImageStore",
          "[cache][conformance]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<RevalidatingImageStore>(
            std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit),
            std::make_shared<ImageCache>(1 << 20));
    });
}

TEST_CASE("two caches in front of one store keep the promises of a shared store", "[cache][conformance]") {
    testing::shared_store_conformance([] {
        const auto store = std::make_shared<MemoryImageStore>();
        const auto cached = [&store] {
            return std::make_shared<RevalidatingImageStore>(std::make_shared<CountingStore>(store),
                                                            std::make_shared<ImageCache>(1 << 20));
        };
        return std::vector<std::shared_ptr<ImageStore>>{cached(), cached()};
    });
}

TEST_CASE("bytes are read again only when the picture has changed", "[cache]") {
    Fixture fixture;
    save(fixture.elsewhere, person(1), 1);
    for (int read = 0; read < 3; ++read)
        CHECK(fixture.here.image(person(1)).value().bytes.text() == content(1).bytes.text());
    CHECK(fixture.counted->with_bytes == 1);
    CHECK(fixture.cache->statistics().hits == 2);
    CHECK(fixture.cache->statistics().misses == 1);

    save(fixture.elsewhere, person(1), 2);
    for (int read = 0; read < 3; ++read)
        CHECK(fixture.here.image(person(1)).value().bytes.text() == content(2).bytes.text());
    CHECK(fixture.counted->with_bytes == 2);
}

TEST_CASE("a picture in use stays in the cache while many others are read once", "[cache]") {
    Fixture fixture;
    save(fixture.elsewhere, person(1), 1);
    for (int read = 0; read < 4; ++read)
        REQUIRE(fixture.here.image(person(1)).has_value());
    for (int other = 2; other < 4000; ++other) {
        save(fixture.elsewhere, person(other), other);
        REQUIRE(fixture.here.image(person(other)).has_value());
    }
    const auto read_so_far = fixture.counted->with_bytes;
    CHECK(fixture.here.image(person(1)).value().bytes.text() == content(1).bytes.text());
    CHECK(fixture.counted->with_bytes == read_so_far);
}

TEST_CASE("memory alone answers nothing, since another process may have written", "[cache]") {
    Fixture fixture;
    save(fixture.here, person(1), 1);
    REQUIRE(fixture.here.image(person(1)).has_value());
    CHECK_FALSE(fixture.here.cached_image(person(1)).has_value());
    CHECK_FALSE(fixture.here.cached_info(person(1)).has_value());
}

TEST_CASE("bytes of a removed or an erased picture leave the cache at once", "[cache]") {
    Fixture fixture;
    const auto blob_id = save(fixture.here, person(1), 1).blob_id();
    REQUIRE(fixture.here.image(person(1)).has_value());
    REQUIRE(fixture.cache->statistics().entries == 2);

    SECTION("removed through this object") {
        REQUIRE(fixture.here.remove(removal_of(person(1))).has_value());
    }
    SECTION("erased through this object") {
        REQUIRE(fixture.here.erase({.person_id = person(1), .actor = actor(1), .now = at(5)}).has_value());
    }
    SECTION("forgotten by the store") {
        fixture.cache->forget(blob_id);
    }
    SECTION("all forgotten") {
        fixture.cache->forget_all();
    }
    CHECK(fixture.cache->statistics().entries == 0);
    CHECK(fixture.cache->statistics().bytes == 0);
}

TEST_CASE("a picture that was read before it was forgotten isn't kept", "[cache]") {
    Fixture fixture;
    const auto blob_id = save(fixture.here, person(1), 1).blob_id();
    fixture.counted->before_answer = [&] { fixture.cache->forget(blob_id); };
    CHECK(fixture.here.image(person(1)).has_value());
    CHECK(fixture.cache->statistics().entries == 0);
}

TEST_CASE("a shared store's cache needs both of its ports", "[cache]") {
    const auto store = std::make_shared<MemoryImageStore>();
    CHECK_THROWS_AS((RevalidatingImageStore{nullptr, std::make_shared<ImageCache>(1)}),
                    std::invalid_argument);
    CHECK_THROWS_AS((RevalidatingImageStore{store, nullptr}), std::invalid_argument);
}

} // namespace revalidating_image_store_test
