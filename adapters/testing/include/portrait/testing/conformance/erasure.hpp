#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>
#include <vector>

namespace portrait::testing::conformance {

inline EraseImage erasure_of(PersonId person_id, int seconds) {
    return {.person_id = person_id, .actor = actor(8), .now = at(seconds)};
}

/// The import of a picture by an export that began at this moment.
inline SaveImage import_command(PersonId person_id, ExportMoment exported) {
    auto command = save_command(person_id, 9, 90);
    command.origin = ImportOrigin{
        .stamps = {at(1), actor(11), at(2), actor(12)}, .linked_at = at(3), .exported = std::move(exported)};
    return command;
}

inline void test_erasures(Store& store) {
    SECTION("an erased picture is gone by person, by blob and from memory") {
        const auto blob_id = save(*store, person(1), 1, 10).blob_id();
        const auto other = save(*store, person(2), 2, 10);
        REQUIRE(store->image(person(1)).has_value());
        CHECK(store->erasures().value() == 0);
        const auto erased = value_of(store->erase(erasure_of(person(1), 20)));
        CHECK(erased.number == 1);
        CHECK(erased.erased == std::vector{blob_id});
        CHECK(erased.kept.empty());
        for (const auto& sentence : erased.unproven) // of stores whose disks are not theirs
            CHECK_FALSE(sentence.empty());
        CHECK(store->info(person(1)).error() == errc::image_none);
        CHECK(store->image(blob_id).error() == errc::blob_unknown);
        CHECK_FALSE(store->cached_image(person(1)).has_value());
        CHECK_FALSE(store->cached_info(person(1)).has_value());
        CHECK(store->info(person(2)).value() == other.info);
        const auto noted = value_of(store->last_erasure(person(1)));
        REQUIRE(noted.has_value());
        CHECK(noted->number == 1);
        CHECK(noted->at == at(20));
        CHECK(noted->epoch == store->epoch());
        CHECK_FALSE(store->last_erasure(person(2)).value().has_value());
        CHECK(store->erasures().value() == 1);
    }
    SECTION("a blob that others are linked to stays, and the outcome names it") {
        const auto blob_id = save(*store, person(1), 1, 10).blob_id();
        REQUIRE(store->link(link_command(person(2), blob_id)).has_value());
        const auto erased = value_of(store->erase(erasure_of(person(1), 20)));
        CHECK(erased.erased.empty());
        CHECK(erased.kept == std::vector{blob_id});
        CHECK(store->info(person(1)).error() == errc::image_none);
        CHECK(store->image(person(2)).value().bytes.text() == content(1).bytes.text());
    }
    SECTION("a person without a picture can be erased, and an erased person gets a picture again") {
        const auto first = value_of(store->erase(erasure_of(person(1), 20)));
        CHECK(first.erased.empty());
        const auto saved = save(*store, person(1), 1, 30);
        CHECK(saved.created);
        CHECK(store->image(person(1)).value().bytes.text() == content(1).bytes.text());
        const auto second = value_of(store->erase(erasure_of(person(1), 40)));
        CHECK(second.number == 2);
        CHECK(second.erased == std::vector{saved.blob_id()});
        CHECK(store->last_erasure(person(1)).value()->at == at(40));
    }
}

inline void test_imports(Store& store) {
    SECTION("an import brings its stamps, and keeps the created fields of a replaced blob") {
        const auto made = value_of(store->save(import_command(person(1), {.at = at(80)}))).info;
        CHECK(made.created_at == at(1));
        CHECK(made.created_by == actor(11));
        CHECK(made.updated_at == at(2));
        CHECK(made.updated_by == actor(12));
        CHECK(made.linked_at == at(3));
        CHECK(store->info(person(1)).value() == made);
        const auto own = save(*store, person(2), 1, 10).info;
        const auto replaced = value_of(store->save(import_command(person(2), {.at = at(80)}))).info;
        CHECK(replaced.created_at == own.created_at);
        CHECK(replaced.updated_at == at(2));
        CHECK(store->info(person(2)).value() == replaced);
    }
    SECTION("an import is refused for a person that was erased after the export") {
        const auto blob_id = save(*store, NewBlob{}, 1).blob_id();
        REQUIRE(store->erase(erasure_of(person(1), 20)).has_value());
        for (const auto& older : {ExportMoment{}, ExportMoment{.at = at(20)},
                                  ExportMoment{.epoch = "another", .erasures = 7, .at = at(19)}}) {
            CHECK(store->save(import_command(person(1), older)).error() == errc::person_erased);
            auto link = link_command(person(1), blob_id);
            link.origin = ImportOrigin{.exported = older};
            CHECK(store->link(link).error() == errc::person_erased);
        }
        CHECK(store->info(person(1)).error() == errc::image_none);
        REQUIRE(store->save(import_command(person(2), {})).has_value());
        REQUIRE(store->save(import_command(person(1), {.at = at(21)})).has_value());
    }
    SECTION("within one epoch an export is compared by its number of erasures") {
        if (store->epoch().empty())
            return;
        REQUIRE(store->erase(erasure_of(person(1), 20)).has_value());
        const ExportMoment before{.epoch = store->epoch(), .erasures = 0, .at = at(1000)};
        CHECK(store->save(import_command(person(1), before)).error() == errc::person_erased);
        const ExportMoment after{.epoch = store->epoch(), .erasures = 1, .at = at(0)};
        CHECK(store->save(import_command(person(1), after)).has_value());
    }
}

inline void test_fetches(Store& store) {
    SECTION("a fetch gets what a read returns") {
        const auto saved = save(*store, person(1), 1);
        std::promise<result<StoredImage>> answer;
        store->fetch(person(1), [&](result<StoredImage> stored) { answer.set_value(std::move(stored)); });
        const auto stored = value_of(answer.get_future().get());
        CHECK(stored.info == saved.info);
        CHECK(is_whole(stored));
        std::promise<result<StoredImage>> refusal;
        store->fetch(person(2), [&](result<StoredImage> none) { refusal.set_value(std::move(none)); });
        CHECK(refusal.get_future().get().error() == errc::image_none);
    }
    SECTION("the epoch stays as it is and is short") {
        const auto epoch = store->epoch();
        save(*store, person(1), 1);
        CHECK(store->epoch() == epoch);
        CHECK(epoch.size() <= 64);
        CHECK(std::all_of(epoch.begin(), epoch.end(),
                          [](char letter) { return letter > ' ' && letter < 127; }));
    }
}

} // namespace portrait::testing::conformance
