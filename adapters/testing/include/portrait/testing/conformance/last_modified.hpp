#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <optional>
#include <set>

namespace portrait::testing::conformance {

/// The seconds of a person's states so far, each of which has to be new.
class SeenSeconds {
public:
    explicit SeenSeconds(Store store)
        : store_{std::move(store)} {}

    /// Checks the present state of the person and notes its second.
    void check(PersonId person_id) {
        const auto info = value_of(store_->info(person_id));
        REQUIRE(info.last_modified.has_value());
        CAPTURE(info.last_modified->time_since_epoch().count());
        CHECK(seconds_.insert(*info.last_modified).second);
    }

private:
    Store store_;
    std::set<std::chrono::sys_seconds> seconds_;
};

inline void test_last_modified(Store& store) {
    SECTION("no two states of a person share a second") {
        SeenSeconds seen{store};
        const auto other = save(*store, NewBlob{}, 9, 10).blob_id();
        save(*store, person(1), 1, 10);
        seen.check(person(1));
        save(*store, person(1), 2, 10); // in one second
        seen.check(person(1));
        save(*store, person(1), 2, 10); // identical bytes
        seen.check(person(1));
        save(*store, person(1), 3, 5); // the clock was set back
        seen.check(person(1));
        auto texts = description_of(person(1), "text");
        texts.now = at(5);
        REQUIRE(store->update_info(texts).has_value());
        seen.check(person(1));
        REQUIRE(store->link(link_command(person(1), other, 5)).has_value());
        seen.check(person(1));
        REQUIRE(store->link(link_command(person(2), other, 5)).has_value());
        save(*store, other, 4, 5); // the blob of two persons
        seen.check(person(1));
        save(*store, person(1), 5, 5); // copy on write
        seen.check(person(1));
    }
    SECTION("a removed picture's second doesn't come back") {
        SeenSeconds seen{store};
        const auto gone = save(*store, person(1), 1, 100);
        seen.check(person(1));
        auto remove = removal_of(person(1));
        remove.now = at(50);
        REQUIRE(store->remove(remove).has_value());
        save(*store, person(1), 2, 100);
        seen.check(person(1));
        REQUIRE(store->unlink({.person_id = person(1), .actor = actor(1), .now = at(50)}).has_value());
        save(*store, person(1), 3, 50);
        seen.check(person(1));
        remove.target = store->info(person(1)).value().blob_id; // by blob
        REQUIRE(store->remove(remove).has_value());
        const auto made = save(*store, NewBlob{}, 4, 50).blob_id();
        REQUIRE(store->link(link_command(person(1), made, 50)).has_value());
        seen.check(person(1));
        CHECK(gone.blob_id() != made);
        const auto erased = store->erase({.person_id = person(1), .actor = actor(1), .now = at(50)});
        if (!erased)
            return; // a store that can't erase
        save(*store, person(1), 5, 50);
        seen.check(person(1));
    }
    SECTION("a later change has its own second") {
        save(*store, person(1), 1, 10);
        CHECK(save(*store, person(1), 2, 12).info.last_modified == second_at(12));
        REQUIRE(store->remove(removal_of(person(1))).has_value());
        CHECK(save(*store, person(1), 3, 120).info.last_modified == second_at(120));
        CHECK(store->info(person(1)).value().last_modified == second_at(120));
    }
}

} // namespace portrait::testing::conformance
