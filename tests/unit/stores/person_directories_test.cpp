#include "support/catch.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/testing/person_directory_conformance.hpp>

#include <utility>

namespace person_directories_test {

using namespace portrait;
using namespace portrait::testing::conformance;

namespace {

/// A user's directory that has the one needed member.
class OddPersons final : public PersonDirectory {
public:
    result<bool> contains(PersonId person_id) const override {
        if (person_id.value() > 100)
            return Error{errc::store_io};
        return person_id.value() % 2 == 1;
    }
};

} // namespace

TEST_CASE("the memory directory keeps the promises of PersonDirectory", "[persons][conformance]") {
    testing::person_directory_conformance([]() -> testing::TestedDirectory {
        const auto directory = std::make_shared<MemoryPersonDirectory>();
        return {directory,
                [directory](PersonId id, std::string name) { directory->add(id, std::move(name)); }};
    });
}

TEST_CASE("a search in the memory directory compares at most 10,000 names at once", "[persons]") {
    MemoryPersonDirectory directory;
    for (std::int32_t id = 1; id <= 12'000; ++id)
        directory.add(person(id), id == 12'000 ? "Needle" : "Straw");
    const auto page = directory.list({.search = "needle", .after = {}, .limit = 10}).value();
    CHECK(page.persons.empty());
    CHECK(page.next == person(10'000));
    CHECK(listed(directory, "needle", 10) == Ids{12'000});
}

TEST_CASE("a full name has a first, a middle and a last name", "[persons]") {
    const auto parts = [](const char* full_name) {
        const auto named = KnownPerson::named(person(1), full_name);
        CHECK(named.full_name == full_name);
        return std::vector{named.first_name, named.middle_name, named.last_name};
    };
    using Parts = std::vector<std::string>;
    CHECK(parts("Ada Lovelace") == Parts{"Ada", "", "Lovelace"});
    CHECK(parts("Ludwig  van der  Berg ") == Parts{"Ludwig", "van der", "Berg"});
    CHECK(parts(" Åse") == Parts{"Åse", "", ""});
    CHECK(parts("") == Parts{"", "", ""});
    CHECK(parts("   ") == Parts{"", "", ""});
}

TEST_CASE("a directory with the one needed member finds persons without names", "[persons]") {
    const OddPersons directory;
    const auto found = directory.find(person(7)).value();
    REQUIRE(found.has_value());
    CHECK(found->id == person(7));
    CHECK(found->full_name.empty());
    CHECK_FALSE(directory.find(person(8)).value().has_value());
    CHECK(directory.find(person(101)).error() == errc::store_io);
    const std::vector ids{person(1), person(2)};
    CHECK(directory.find_all(ids).value().size() == 2);
    const std::vector with_broken{person(1), person(101)};
    CHECK(directory.find_all(with_broken).error() == errc::store_io);
    CHECK(directory.list({}).error() == errc::person_not_listed);
}

TEST_CASE("a directory of any person lists the ones with a picture", "[persons]") {
    const auto store = std::make_shared<MemoryImageStore>();
    for (const auto id : {5, 3, 9})
        save(*store, person(id), 1);
    const AnyPersonDirectory directory{store};
    CHECK(listed(directory, "", 1) == Ids{3, 5, 9});
    CHECK(listed(directory, "a", 1).empty());
    CHECK(directory.find(person(7)).value().has_value());
    CHECK(AnyPersonDirectory{}.list({}).error() == errc::person_not_listed);
}

} // namespace person_directories_test
