#pragma once

#include <portrait/person_directory.hpp>
#include <portrait/testing/conformance/cases.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace portrait::testing {

/// A directory, and how its owner changes it.
struct TestedDirectory {
    std::shared_ptr<PersonDirectory> directory;
    std::function<void(PersonId person_id, std::string full_name)> add; ///< adds, or changes the name
};

namespace conformance {

/// The ids of all pages of that limit. Fails the test for ids that don't ascend.
inline std::vector<std::int32_t> listed(const PersonDirectory& directory, const std::string& search,
                                        std::size_t limit) {
    std::vector<std::int32_t> ids;
    PersonQuery query{.search = search, .after = {}, .limit = limit};
    do {
        const auto page = value_of(directory.list(query));
        REQUIRE(page.persons.size() <= limit);
        for (const auto& person : page.persons) {
            REQUIRE((ids.empty() || ids.back() < person.id.value()));
            ids.push_back(person.id.value());
        }
        if (page.next && query.after)
            REQUIRE(*page.next > *query.after); // otherwise the pages never end
        query.after = page.next;
    } while (query.after);
    return ids;
}

using Ids = std::vector<std::int32_t>;

inline void test_finding(const TestedDirectory& tested) {
    SECTION("a person is found with the parts of its name") {
        tested.add(person(7), "Ludwig van Beethoven");
        tested.add(person(2'147'483'647), "Ærø");
        CHECK(value_of(tested.directory->contains(person(7))));
        CHECK_FALSE(value_of(tested.directory->contains(person(8))));
        const auto found = value_of(tested.directory->find(person(7)));
        REQUIRE(found.has_value());
        CHECK(found->id == person(7));
        CHECK(found->full_name == "Ludwig van Beethoven");
        CHECK(found->first_name == "Ludwig");
        CHECK(found->middle_name == "van");
        CHECK(found->last_name == "Beethoven");
        CHECK_FALSE(value_of(tested.directory->find(person(8))).has_value());
        CHECK(value_of(tested.directory->find(person(2'147'483'647)))->full_name == "Ærø");
    }
    SECTION("several persons are found in the given order") {
        tested.add(person(1), "Ada");
        tested.add(person(3), "Grace");
        const std::vector ids{person(3), person(2), person(1), person(3)};
        const auto found = value_of(tested.directory->find_all(ids));
        REQUIRE(found.size() == 4);
        CHECK(found[0]->full_name == "Grace");
        CHECK_FALSE(found[1].has_value());
        CHECK(found[2]->full_name == "Ada");
        CHECK(found[3]->full_name == "Grace");
        CHECK(value_of(tested.directory->find_all({})).empty());
    }
}

inline void test_listing(const TestedDirectory& tested) {
    SECTION("persons are listed by id, in pages without gaps or repeats") {
        CHECK(listed(*tested.directory, "", 3).empty());
        for (const auto id : {40, 3, 2'147'483'647, 1, 12})
            tested.add(person(id), "Person " + std::to_string(id));
        for (const std::size_t limit : {1U, 2U, 4U, 5U, 100U})
            CHECK(listed(*tested.directory, "", limit) == Ids{1, 3, 12, 40, 2'147'483'647});
        CHECK(value_of(tested.directory->list({.search = {}, .after = person(12), .limit = 1}))
                  .persons.front()
                  .full_name == "Person 40");
        CHECK(value_of(tested.directory->list({.search = {}, .after = person(2'147'483'647), .limit = 9}))
                  .persons.empty());
    }
    SECTION("a part of the name is found in any case") {
        tested.add(person(1), "Åse Ødegård");
        tested.add(person(2), "JÜRGEN GROSS");
        tested.add(person(3), "Élodie Lefèvre");
        tested.add(person(4), "Юлия Щукина");
        tested.add(person(5), "Ὀδυσσεύς Παπαδόπουλος");
        tested.add(person(6), "Jane O'Neill 50%_\\");
        tested.add(person(7), "");
        const auto& directory = *tested.directory;
        CHECK(listed(directory, "åse ø", 2) == Ids{1});
        CHECK(listed(directory, "ØDEGÅRD", 2) == Ids{1});
        CHECK(listed(directory, "jürgen groß", 2) == Ids{2});
        CHECK(listed(directory, "éLODIE lEFÈ", 2) == Ids{3});
        CHECK(listed(directory, "ЩУКИНА", 2) == Ids{4});
        CHECK(listed(directory, "παπαδόπουλοσ", 2) == Ids{5});
        CHECK(listed(directory, "50%_\\", 2) == Ids{6});
        CHECK(listed(directory, "%", 2) == Ids{6});
        CHECK(listed(directory, "o'neill", 2) == Ids{6});
        CHECK(listed(directory, "nobody", 2).empty());
        CHECK(listed(directory, "e", 1) == Ids{1, 2, 3, 6});
    }
    SECTION("a rare name among many persons is found") {
        constexpr std::int32_t count = 200;
        for (std::int32_t id = 1; id < count; ++id)
            tested.add(person(id), "Person");
        tested.add(person(count), "Needle");
        CHECK(listed(*tested.directory, "needle", 10) == Ids{count});
        CHECK(listed(*tested.directory, "haystack", 10).empty());
    }
}

inline void test_changes(const TestedDirectory& tested) {
    SECTION("persons that stay are in one page each, whatever else changes between the pages") {
        for (const auto id : {2, 4, 6, 8})
            tested.add(person(id), "A");
        const auto first = value_of(tested.directory->list({.search = "a", .after = {}, .limit = 2}));
        REQUIRE(first.persons.size() == 2);
        REQUIRE(first.next.has_value());
        tested.add(person(1), "A before");
        tested.add(person(7), "A after");
        const auto forgotten = tested.directory->forget(person(4)); // the last one of the page
        const auto second =
            value_of(tested.directory->list({.search = "a", .after = first.next, .limit = 10}));
        Ids ids;
        for (const auto& person : second.persons)
            ids.push_back(person.id.value());
        CHECK(ids == Ids{6, 7, 8});
        if (forgotten)
            CHECK(listed(*tested.directory, "", 10) == Ids{1, 2, 6, 7, 8});
    }
    SECTION("a changed name replaces the former one, and a forgotten person is gone") {
        tested.add(person(1), "Before");
        tested.add(person(1), "After");
        CHECK(value_of(tested.directory->find(person(1)))->full_name == "After");
        CHECK(listed(*tested.directory, "before", 10).empty());
        CHECK(listed(*tested.directory, "after", 10) == Ids{1});
        const auto forgotten = tested.directory->forget(person(1));
        if (!forgotten) {
            CHECK(forgotten.error() == errc::person_kept_elsewhere);
            return;
        }
        CHECK(forgotten->existed);
        CHECK_FALSE(value_of(tested.directory->contains(person(1))));
        CHECK_FALSE(value_of(tested.directory->find(person(1))).has_value());
        CHECK(listed(*tested.directory, "", 10).empty());
        CHECK_FALSE(value_of(tested.directory->forget(person(1))).existed);
    }
}

} // namespace conformance

} // namespace portrait::testing
