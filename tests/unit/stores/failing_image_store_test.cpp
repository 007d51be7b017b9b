#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/testing/failing_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>

#include <stdexcept>

namespace failing_image_store_test {

using namespace portrait;
using portrait::testing::FailingImageStore;
using portrait::testing::make_png;

namespace {

struct Fixture {
    std::shared_ptr<FailingImageStore> store =
        std::make_shared<FailingImageStore>(std::make_shared<MemoryImageStore>());
    PersonImageService service{store, std::make_shared<AnyPersonDirectory>()};
    PersonId person = PersonId::from(1).value();

    result<SavedImage> save() { return service.save(person, ImageBytes{make_png()}); }
};

} // namespace

TEST_CASE("a failing store without faults keeps the promises of ImageStore", "[testing]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<FailingImageStore>(
            std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit));
    });
}

TEST_CASE("a failing store fails at the n-th call and at no other", "[testing]") {
    Fixture fixture;
    REQUIRE(fixture.save().has_value());
    fixture.store->fail_call(2, errc::store_full);
    CHECK(fixture.save().has_value());
    CHECK(fixture.save().error() == errc::store_full);
    CHECK(fixture.save().has_value());
    CHECK(fixture.store->calls() == 4);
}

TEST_CASE("a failing call doesn't reach the store behind", "[testing]") {
    Fixture fixture;
    fixture.store->fail_call(1, errc::store_io);
    CHECK(fixture.save().error() == errc::store_io);
    CHECK(fixture.service.image(fixture.person).error() == errc::image_none);
}

TEST_CASE("a failing store fails every call until it recovers", "[testing]") {
    Fixture fixture;
    fixture.store->fail_all(errc::store_closed);
    CHECK(fixture.save().error() == errc::store_closed);
    CHECK(fixture.service.info(fixture.person).error() == errc::store_closed);
    CHECK(fixture.service.writable().error() == errc::store_closed);
    fixture.store->recover();
    CHECK(fixture.save().has_value());
    CHECK(fixture.service.writable().has_value());
}

TEST_CASE("a failing store throws at the n-th call", "[testing]") {
    Fixture fixture;
    fixture.store->throw_at_call(1, "out of order");
    CHECK_THROWS_AS(fixture.save(), std::runtime_error);
    CHECK(fixture.save().has_value());
}

TEST_CASE("a failing store refuses a null store and call 0", "[testing]") {
    CHECK_THROWS_AS(FailingImageStore{nullptr}, std::invalid_argument);
    Fixture fixture;
    CHECK_THROWS_AS(fixture.store->fail_call(0, errc::store_io), std::invalid_argument);
}

} // namespace failing_image_store_test
