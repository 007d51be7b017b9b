#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace portrait::testing::conformance {

/// The seconds of a person's states, each of which has to be later than the one before.
class AscendingSeconds {
public:
    AscendingSeconds(Store store, PersonId person_id)
        : store_{std::move(store)}
        , person_id_{person_id} {}

    /// Checks the present state, which is a new one.
    void check() {
        const auto info = value_of(store_->info(person_id_));
        REQUIRE(info.last_modified.has_value());
        CHECK((!last_ || *last_ < *info.last_modified));
        last_ = info.last_modified;
    }

private:
    Store store_;
    PersonId person_id_;
    std::optional<std::chrono::sys_seconds> last_;
};

inline void test_last_modified(Store& store) {
    AscendingSeconds seconds{store, person(1)};
    SECTION("each state of a person has a second of its own") {
        const auto other = save(*store, NewBlob{}, 9, 10).blob_id();
        save(*store, person(1), 1, 10);
        seconds.check();
        save(*store, person(1), 2, 10); // in one second
        seconds.check();
        save(*store, person(1), 2, 10); // identical bytes
        seconds.check();
        save(*store, person(1), 3, 5); // the clock was set back
        seconds.check();
        auto texts = description_of(person(1), "text");
        texts.now = at(5);
        REQUIRE(store->update_info(texts).has_value());
        seconds.check();
        REQUIRE(store->link(link_command(person(1), other, 5)).has_value());
        seconds.check();
        save(*store, other, 4, 5); // by the blob
        seconds.check();
        REQUIRE(store->link(link_command(person(2), other, 5)).has_value());
        save(*store, person(1), 5, 5); // copy on write
        seconds.check();
    }
    SECTION("a removed picture's second doesn't come back") {
        auto remove = removal_of(person(1));
        remove.now = at(50);
        const UnlinkImage unlink{.person_id = person(1), .actor = actor(1), .now = at(50)};
        save(*store, person(1), 1, 100);
        seconds.check();
        REQUIRE(store->remove(remove).has_value());
        save(*store, person(1), 2, 50);
        seconds.check();
        REQUIRE(store->unlink(unlink).has_value());
        save(*store, person(1), 3, 50);
        seconds.check();
        remove.target = store->info(person(1)).value().blob_id; // by the blob
        REQUIRE(store->remove(remove).has_value());
        const auto blob_id = save(*store, NewBlob{}, 4, 50).blob_id();
        REQUIRE(store->link(link_command(person(1), blob_id, 50)).has_value());
        seconds.check();
        if (!store->erase({.person_id = person(1), .actor = actor(1), .now = at(50)}))
            return; // a store that can't erase
        save(*store, person(1), 5, 50);
        seconds.check();
    }
    SECTION("a link sets no other person's second back") {
        const auto blob_id = save(*store, person(1), 1, 100).blob_id();
        REQUIRE(store->link(link_command(person(2), blob_id, 100)).has_value());
        const auto before = store->info(person(1)).value().last_modified;
        REQUIRE(store->link(link_command(person(3), blob_id, 50)).has_value());
        CHECK(store->info(person(1)).value().last_modified >= before);
        CHECK(store->info(person(2)).value().last_modified >= before);
    }
    SECTION("a change in a later second has that second") {
        save(*store, person(1), 1, 10);
        CHECK(save(*store, person(1), 2, 12).info.last_modified == second_at(12));
        REQUIRE(store->remove(removal_of(person(1))).has_value());
        CHECK(save(*store, person(1), 3, 120).info.last_modified == second_at(120));
        CHECK(store->info(person(1)).value().last_modified == second_at(120));
    }
}

} // namespace portrait::testing::conformance
