#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace portrait::testing::conformance {

inline constexpr auto last_id = std::numeric_limits<std::int32_t>::max();

inline void test_reads(Store& store) {
    SECTION("a first save makes a linked blob") {
        const auto saved = save(*store, person(5), 1, 10);
        CHECK(saved.created);
        const auto stored = value_of(store->image(person(5)));
        const auto expected = content(1);
        CHECK(stored.bytes.text() == expected.bytes.text());
        CHECK(stored.info == saved.info);
        const auto& info = stored.info;
        CHECK(info.size == 1000);
        CHECK(info.format == expected.header.format);
        CHECK(info.width == expected.header.width);
        CHECK(info.height == expected.header.height);
        CHECK(info.digest == expected.digest);
        CHECK(info.description.empty());
        CHECK(info.extra_info.empty());
        CHECK(info.conceptual_type == "PERSONPHOTO");
        CHECK(info.created_at == at(10));
        CHECK(info.updated_at == at(10));
        CHECK(info.linked_at == at(10));
        CHECK(info.created_by == actor(1));
        CHECK(info.updated_by == actor(1));
        CHECK(info.blob_version > 0);
        CHECK(info.link_version > 0);
        CHECK(store->info(person(5)).value() == info);
        CHECK(store->writable().has_value());
    }
    SECTION("reads of a missing picture fail") {
        save(*store, person(5), 1);
        CHECK(store->image(person(6)).error() == errc::image_none);
        CHECK(store->info(person(6)).error() == errc::image_none);
        CHECK(store->image(gone_blob(*store)).error() == errc::blob_unknown);
        CHECK(store->info(gone_blob(*store)).error() == errc::blob_unknown);
        CHECK_FALSE(store->cached_image(person(6)).has_value());
    }
    SECTION("several ImageInfos are read together") {
        save(*store, person(5), 1);
        save(*store, person(7), 2);
        const auto blob_id = save(*store, NewBlob{}, 3).blob_id();
        REQUIRE(store->link(link_command(person(9), blob_id)).has_value());
        const std::vector persons{person(7), person(6), person(5), person(9), person(7)};
        const auto infos = value_of(store->infos(persons));
        REQUIRE(infos.size() == persons.size());
        for (std::size_t index = 0; index < persons.size(); ++index) {
            const auto alone = store->info(persons[index]);
            CHECK(infos[index] == (alone ? std::optional{*alone} : std::nullopt));
        }
        CHECK_FALSE(infos[1].has_value());
        CHECK(store->infos({}).value().empty());
    }
}

inline void test_replacement(Store& store) {
    SECTION("a second save keeps id, texts and created fields") {
        const auto first = save(*store, person(5), 1, 10);
        auto update = description_of(person(5), "Passport photo, Ærø");
        update.extra_info = "2026";
        update.conceptual_type = "PASSPORT";
        REQUIRE(store->update_info(update).has_value());
        auto command = save_command(person(5), 3, 30, 2345);
        const auto second = value_of(store->save(command));
        CHECK_FALSE(second.created);
        const auto& info = second.info;
        CHECK(info.blob_id == first.blob_id());
        CHECK(info.description == "Passport photo, Ærø");
        CHECK(info.extra_info == "2026");
        CHECK(info.conceptual_type == "PASSPORT");
        CHECK(info.created_at == at(10));
        CHECK(info.created_by == actor(1));
        CHECK(info.updated_at == at(30));
        CHECK(info.updated_by == actor(3));
        CHECK(info.linked_at == at(10));
        CHECK(info.link_version == first.info.link_version);
        CHECK(info.blob_version > first.info.blob_version);
        CHECK(info.size == 2345);
        CHECK(info.format == content(3).header.format);
        CHECK(info.width == content(3).header.width);
        CHECK(info.digest == content(3, 2345).digest);
        const auto stored = value_of(store->image(person(5)));
        CHECK(stored.info == info);
        CHECK(is_whole(stored));
    }
    SECTION("identical bytes refresh the updated fields only") {
        const auto first = save(*store, person(5), 1, 10);
        auto again = save_command(person(5), 1, 20);
        again.actor = actor(9);
        const auto second = value_of(store->save(again));
        CHECK(second.blob_id() == first.blob_id());
        CHECK(second.info.blob_version > first.info.blob_version);
        auto expected = first.info;
        expected.blob_version = second.info.blob_version;
        expected.updated_at = at(20);
        expected.updated_by = actor(9);
        expected.last_modified = second_at(20);
        CHECK(second.info == expected);
    }
}

inline void test_sizes_and_ids(Store& store) {
    SECTION("sizes from one byte to megabytes come back exactly") {
        const std::size_t sizes[] = {1, 4095, 4096, 4097, 65'536, 3'000'001};
        std::int32_t id = 0;
        for (const auto size : sizes)
            REQUIRE(store->save(save_command(person(++id), 40, 0, size)).has_value());
        id = 0;
        for (const auto size : sizes) {
            const auto stored = value_of(store->image(person(++id)));
            CHECK(stored.bytes.size() == size);
            CHECK(stored.bytes.text() == content(40, size).bytes.text());
        }
    }
    SECTION("blob ids grow and are not reused") {
        std::int32_t last = 0;
        for (int round = 0; round < 20; ++round) {
            const auto saved = save(*store, person(round % 3 + 1), 1);
            CHECK(saved.created);
            CHECK(saved.blob_id().value() > last);
            last = saved.blob_id().value();
            REQUIRE(store->remove(removal_of(person(round % 3 + 1))).value().erased);
        }
    }
}

inline void test_versions_and_submits(Store& store) {
    SECTION("no two states share a version") {
        std::set<std::tuple<std::int32_t, std::int64_t, std::int64_t>> seen;
        const auto note = [&] {
            const auto version = store->info(person(1)).value().version();
            CHECK(seen.emplace(version.blob_id.value(), version.blob_version, version.link_version).second);
        };
        const auto other = save(*store, NewBlob{}, 9).blob_id();
        save(*store, person(1), 1);
        note();
        const auto own = store->info(person(1)).value().blob_id;
        for (const std::uint32_t seed : {2U, 1U, 2U}) {
            save(*store, person(1), seed);
            note();
        }
        for (int round = 0; round < 3; ++round) {
            REQUIRE(store->link(link_command(person(1), other)).has_value());
            note();
            REQUIRE(store->link(link_command(person(1), own)).has_value());
            note();
            REQUIRE(store->unlink({.person_id = person(1), .actor = actor(1), .now = at(0)}).has_value());
            REQUIRE(store->link(link_command(person(1), own)).has_value());
            note();
        }
    }
    SECTION("a submit calls back once with the result of save") {
        int calls = 0;
        std::optional<result<SavedImage>> outcome;
        // Destroying the store completes all submitted commands.
        store->submit(save_command(person(1), 1), [&](result<SavedImage> saved) {
            ++calls;
            outcome = std::move(saved);
        });
        auto refused = save_command(person(2), 2);
        refused.precondition.if_match = any_version();
        std::optional<result<SavedImage>> refusal;
        store->submit(refused, [&](result<SavedImage> saved) {
            ++calls;
            refusal = std::move(saved);
        });
        store.reset();
        CHECK(calls == 2);
        REQUIRE(outcome.has_value());
        REQUIRE(outcome->has_value());
        CHECK((*outcome)->created);
        REQUIRE(refusal.has_value());
        CHECK(refusal->error() == errc::precondition_failed);
    }
}

/// The store's first blob gets the last id but one.
inline void test_last_ids(Store& store) {
    CHECK(save(*store, person(1), 1).blob_id().value() == last_id - 1);
    CHECK(save(*store, person(2), 2).blob_id().value() == last_id);

    CHECK(store->save(save_command(person(3), 3)).error() == errc::blob_ids_exhausted);
    CHECK(store->save(save_command(NewBlob{}, 3)).error() == errc::blob_ids_exhausted);
    CHECK(store->info(person(3)).error() == errc::image_none);

    // Replacing needs no new id, and removing gives none back.
    CHECK(save(*store, person(2), 4).blob_id().value() == last_id);
    REQUIRE(store->remove(removal_of(person(1))).has_value());
    CHECK(store->save(save_command(person(1), 5)).error() == errc::blob_ids_exhausted);
}

inline Precondition if_unmodified_since(std::chrono::sys_seconds since) {
    return {.if_match = {}, .if_none_match = {}, .if_unmodified_since = since};
}

inline void check_refused(const result<SavedImage>& outcome, const std::optional<ImageVersion>& current) {
    REQUIRE(outcome.has_error());
    const auto error = outcome.error();
    CHECK(error == errc::precondition_failed);
    REQUIRE((error.current() != nullptr) == current.has_value());
    if (current)
        CHECK(*error.current() == *current);
}

inline void test_conditional_saves(Store& store) {
    SECTION("a save demands the present version") {
        const auto first = save(*store, person(1), 1).info.version();
        auto command = save_command(person(1), 2);
        command.precondition = if_match(first);
        const auto second = value_of(store->save(command));
        command = save_command(person(1), 3);
        command.precondition = if_match(first);
        check_refused(store->save(command), second.info.version());
        CHECK(store->image(person(1)).value().bytes.text() == content(2).bytes.text());
        // One of a list, or any at all.
        command.precondition.if_match->versions.push_back(second.info.version());
        CHECK(store->save(command).has_value());
        command.precondition.if_match = any_version();
        CHECK(store->save(command).has_value());
    }
    SECTION("no version matches a missing picture") {
        auto command = save_command(person(1), 1);
        command.precondition.if_match = any_version();
        check_refused(store->save(command), std::nullopt);
        CHECK(store->info(person(1)).error() == errc::image_none);
        command.precondition = if_unmodified_since(second_at(-1000));
        CHECK(store->save(command).has_value());
    }
    SECTION("only the first save passes If-None-Match: *") {
        auto command = save_command(person(1), 1);
        command.precondition.if_none_match = any_version();
        const auto first = value_of(store->save(command));
        check_refused(store->save(command), first.info.version());
        command.precondition.if_none_match =
            VersionCondition{.any = false, .versions = {first.info.version()}};
        check_refused(store->save(command), first.info.version());
        command.precondition.if_none_match->versions.front().blob_version += 1000;
        CHECK(store->save(command).has_value());
    }
}

inline void test_dates_and_versions(Store& store) {
    SECTION("If-Unmodified-Since compares whole seconds") {
        auto command = save_command(person(1), 1);
        command.now = at(10) + std::chrono::milliseconds{700};
        const auto saved = value_of(store->save(command));
        CHECK(saved.info.last_modified == second_at(10));
        command.now = at(11);
        command.precondition = if_unmodified_since(second_at(9));
        check_refused(store->save(command), saved.info.version());
        command.precondition = if_unmodified_since(second_at(10));
        CHECK(store->save(command).has_value());
    }
    SECTION("If-Unmodified-Since fails while the second of the last change is not over") {
        auto command = save_command(person(1), 1);
        command.now = at(10);
        const auto saved = value_of(store->save(command));
        command.now = at(10) + std::chrono::milliseconds{999};
        command.precondition = if_unmodified_since(second_at(10));
        check_refused(store->save(command), saved.info.version());
        auto remove = removal_of(person(1));
        remove.now = command.now;
        remove.precondition = command.precondition;
        CHECK(store->remove(remove).error() == errc::precondition_failed);
        auto update = description_of(person(1), "text");
        update.now = command.now;
        update.precondition = command.precondition;
        CHECK(store->update_info(update).error() == errc::precondition_failed);
        command.now = at(11);
        CHECK(store->save(command).has_value());
    }
    SECTION("If-Match overrides If-Unmodified-Since") {
        const auto saved = save(*store, person(1), 1, 10);
        auto command = save_command(person(1), 2, 20);
        command.precondition = if_match(saved.info.version());
        command.precondition.if_unmodified_since = second_at(0);
        CHECK(store->save(command).has_value());
    }
    SECTION("a blob's version has no link version") {
        const auto through_person = save(*store, person(1), 1).info.version();
        auto command = save_command(through_person.blob_id, 2);
        command.precondition = if_match(through_person);
        check_refused(store->save(command), store->info(through_person.blob_id).value().version());
        command.precondition = if_match({through_person.blob_id, through_person.blob_version, 0});
        CHECK(store->save(command).has_value());
    }
}

inline void test_conditional_changes(Store& store) {
    SECTION("a precondition is decided before anything else") {
        const auto gone = gone_blob(*store);
        auto save = save_command(gone, 1);
        save.precondition.if_match = any_version();
        CHECK(store->save(save).error() == errc::precondition_failed);
        for (const ImageKey target : {ImageKey{gone}, ImageKey{person(1)}}) {
            auto update = description_of(target, "x");
            update.precondition.if_match = any_version();
            update.expected_blob_id = gone;
            CHECK(store->update_info(update).error() == errc::precondition_failed);
            auto remove = removal_of(target);
            remove.precondition.if_match = any_version();
            CHECK(store->remove(remove).error() == errc::precondition_failed);
        }
    }
    SECTION("changes of texts and removals check preconditions") {
        const auto old = save(*store, person(1), 1).info.version();
        const auto current = save(*store, person(1), 2).info.version();
        auto update = description_of(person(1), "x");
        update.precondition = if_match(old);
        CHECK(store->update_info(update).error() == errc::precondition_failed);
        CHECK(store->info(person(1)).value().description.empty());
        auto remove = removal_of(person(1));
        remove.precondition = if_match(old);
        CHECK(store->remove(remove).error() == errc::precondition_failed);
        CHECK(store->info(person(1)).has_value());
        update.precondition = if_match(current);
        const auto updated = value_of(store->update_info(update));
        remove.precondition = if_match(current);
        CHECK(store->remove(remove).error() == errc::precondition_failed);
        remove.precondition = if_match(updated.version());
        CHECK(store->remove(remove).value().erased);
        remove.precondition.if_match = any_version();
        CHECK(store->remove(remove).error() == errc::precondition_failed);
    }
}

} // namespace portrait::testing::conformance
