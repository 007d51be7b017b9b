#include "support/catch.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/testing/conformance/cases.hpp>
#include <portrait/testing/failing_image_store.hpp>

#include <cstdint>
#include <vector>

namespace person_listing_test {

using namespace portrait;
using namespace portrait::testing::conformance;

namespace {

using Ids = std::vector<std::int32_t>;

struct Fixture {
    std::shared_ptr<testing::FailingImageStore> store =
        std::make_shared<testing::FailingImageStore>(std::make_shared<MemoryImageStore>());
    std::shared_ptr<MemoryPersonDirectory> directory = std::make_shared<MemoryPersonDirectory>();
    PersonImageService service{store, directory};

    /// The ids of all pages.
    Ids listed(PersonListing listing) const {
        Ids ids;
        for (int pages = 0; pages < 100; ++pages) {
            const auto page = value_of(service.persons(listing));
            CHECK(page.persons.size() <= listing.limit);
            for (const auto& one : page.persons)
                ids.push_back(one.person.id.value());
            if (!page.next)
                return ids;
            listing.after = page.next;
        }
        FAIL("the pages don't end");
        return ids;
    }
};

} // namespace

TEST_CASE("persons are listed with their pictures' versions", "[service][persons]") {
    Fixture fixture;
    fixture.directory->add(person(1), "Ada Lovelace");
    fixture.directory->add(person(2), "Grace Hopper");
    const auto saved = save(*fixture.store, person(2), 1);
    const auto page = value_of(fixture.service.persons({}));
    REQUIRE(page.persons.size() == 2);
    CHECK(page.persons[0].person.full_name == "Ada Lovelace");
    CHECK_FALSE(page.persons[0].image.has_value());
    CHECK(page.persons[1].person.last_name == "Hopper");
    CHECK(page.persons[1].image == saved.info.version());
    CHECK_FALSE(page.next.has_value());
}

TEST_CASE("persons are selected by having a picture, in pages of any size", "[service][persons]") {
    const Fixture fixture;
    for (std::int32_t id = 1; id <= 12; ++id) {
        fixture.directory->add(person(id), id % 2 == 0 ? "Even" : "Odd");
        if (id % 3 == 0)
            save(*fixture.store, person(id), 1);
    }
    save(*fixture.store, person(99), 1); // not in the directory
    for (const std::size_t limit : {1U, 2U, 3U, 4U, 200U}) {
        CAPTURE(limit);
        CHECK(fixture.listed({.has_image = true, .limit = limit}) == Ids{3, 6, 9, 12});
        CHECK(fixture.listed({.has_image = false, .limit = limit}) == Ids{1, 2, 4, 5, 7, 8, 10, 11});
        CHECK(fixture.listed({.search = "EVEN", .has_image = true, .limit = limit}) == Ids{6, 12});
        CHECK(fixture.listed({.search = "odd", .has_image = false, .limit = limit}) == Ids{1, 5, 7, 11});
        CHECK(fixture.listed({.search = "odd", .limit = limit}) == Ids{1, 3, 5, 7, 9, 11});
    }
}

TEST_CASE("a search for an id finds the person first, and once", "[service][persons]") {
    const Fixture fixture;
    for (std::int32_t id = 1; id <= 12; ++id)
        fixture.directory->add(person(id), "Person " + std::to_string(id));
    fixture.directory->add(person(2'000'000'000), "Far away");
    save(*fixture.store, person(2), 1);
    save(*fixture.store, person(12), 1);
    for (const std::size_t limit : {1U, 2U, 200U}) {
        CAPTURE(limit);
        CHECK(fixture.listed({.search = "2", .limit = limit}) == Ids{2, 12});
        CHECK(fixture.listed({.search = "012", .limit = limit}) == Ids{12});
        CHECK(fixture.listed({.search = "1", .limit = limit}) == Ids{1, 10, 11, 12});
        CHECK(fixture.listed({.search = "1", .has_image = true, .limit = limit}) == Ids{12});
        CHECK(fixture.listed({.search = "2", .has_image = true, .limit = limit}) == Ids{2, 12});
        CHECK(fixture.listed({.search = "2", .has_image = false, .limit = limit}).empty());
        CHECK(fixture.listed({.search = "2000000000", .limit = limit}) == Ids{2'000'000'000});
        CHECK(fixture.listed({.search = "2000000000", .has_image = true, .limit = limit}).empty());
        CHECK(fixture.listed({.search = "2147483647", .limit = limit}).empty());
        CHECK(fixture.listed({.search = "99999999999", .limit = limit}).empty());
    }
}

TEST_CASE("persons with a picture are read from the store's list", "[service][persons]") {
    const Fixture fixture;
    for (std::int32_t id = 1; id <= 3000; ++id)
        fixture.directory->add(person(id), "Person");
    save(*fixture.store, person(2999), 1);
    const auto calls = fixture.store->calls();
    const auto page = value_of(fixture.service.persons({.has_image = true}));
    REQUIRE(page.persons.size() == 1);
    CHECK_FALSE(page.next.has_value());
    CHECK(fixture.store->calls() - calls == 2); // persons_with_image and infos
}

TEST_CASE("the errors of a listing are those of its ports", "[service][persons]") {
    const Fixture fixture;
    fixture.directory->add(person(1), "Ada");
    fixture.store->fail_all(errc::store_closed);
    CHECK(fixture.service.persons({}).error() == errc::store_closed);
    CHECK(fixture.service.persons({.has_image = true}).error() == errc::store_closed);
    CHECK(fixture.service.persons({.search = "1"}).error() == errc::store_closed);
    const PersonImageService any{std::make_shared<MemoryImageStore>(),
                                 std::make_shared<AnyPersonDirectory>()};
    CHECK(any.persons({}).error() == errc::person_not_listed);
}

TEST_CASE("a person of the directory is found, another one is unknown", "[service][persons]") {
    const Fixture fixture;
    fixture.directory->add(person(1), "Ada Lovelace");
    CHECK(fixture.service.person(person(1)).value().first_name == "Ada");
    const auto unknown = fixture.service.person(person(2));
    CHECK(unknown.error() == errc::person_unknown);
    CHECK(unknown.error().message() == "Person id 2 not found");
}

} // namespace person_listing_test
