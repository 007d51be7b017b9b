#pragma once

#include <portrait/testing/conformance/cases.hpp>
#include <portrait/testing/conformance/erasure.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace portrait::testing::conformance {

/// All persons with a picture, read by pages of that size.
inline std::vector<PersonId> persons_by_pages(const ImageStore& store, std::size_t limit) {
    std::vector<PersonId> persons;
    std::optional<PersonId> after;
    for (;;) {
        const auto page = value_of(store.persons_with_image(after, limit));
        REQUIRE(page.size() <= limit);
        if (page.empty())
            return persons;
        persons.insert(persons.end(), page.begin(), page.end());
        after = page.back();
    }
}

inline void test_persons_with_image(Store& store) {
    SECTION("persons with a picture are listed by id, in pages without gaps or repeats") {
        if (store->persons_with_image(std::nullopt, 1).error() == errc::person_not_listed) {
            WARN("This store doesn't list persons with a picture, so that isn't tested");
            return;
        }
        CHECK(persons_by_pages(*store, 10).empty());
        const auto blob_id = save(*store, person(70), 1).blob_id();
        save(*store, person(2), 2);
        save(*store, person(2'147'483'647), 3);
        save(*store, NewBlob{}, 4);
        auto without_bytes = save_command(NewBlob{}, 5);
        without_bytes.content.reset();
        REQUIRE(store->save(without_bytes).has_value());
        REQUIRE(store->link(link_command(person(9), blob_id)).has_value());
        const std::vector expected{person(2), person(9), person(70), person(2'147'483'647)};
        for (const std::size_t limit : {1U, 2U, 3U, 4U, 100U})
            CHECK(persons_by_pages(*store, limit) == expected);
        CHECK(value_of(store->persons_with_image(person(9), 1)) == std::vector{person(70)});
        CHECK(value_of(store->persons_with_image(person(2'147'483'647), 9)).empty());
    }
    SECTION("persons whose picture is gone aren't listed") {
        if (store->persons_with_image(std::nullopt, 1).error() == errc::person_not_listed)
            return;
        for (const auto id : {1, 2, 3, 4})
            save(*store, person(id), static_cast<std::uint32_t>(id));
        REQUIRE(store->remove(removal_of(person(1))).has_value());
        REQUIRE(store->unlink({.person_id = person(2), .actor = actor(1), .now = at(1)}).has_value());
        const auto erased = store->erase(erasure_of(person(3), 20));
        if (!erased) // a store may be unable to erase
            REQUIRE(store->remove(removal_of(person(3))).has_value());
        CHECK(persons_by_pages(*store, 2) == std::vector{person(4)});
    }
}

} // namespace portrait::testing::conformance
