#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

namespace portrait::testing::conformance {

inline void first_save_makes_a_linked_blob(Store& store) {
    const auto saved = save(*store, person(5), 1, 10);
    CHECK(saved.created);

    const auto stored = store->image(person(5));
    REQUIRE(stored.has_value());
    const auto expected = content(1);
    CHECK(stored->bytes.text() == expected.bytes.text());
    CHECK(stored->info == saved.info);

    const auto& info = stored->info;
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
}

inline void several_infos_are_read_together(Store& store) {
    save(*store, person(5), 1);
    save(*store, person(7), 2);
    const auto blob_id = save(*store, NewBlob{}, 3).blob_id();
    REQUIRE(store->link(link_command(person(9), blob_id)).has_value());
    const std::vector persons{person(7), person(6), person(5), person(9), person(7)};
    const auto infos = store->infos(persons);
    REQUIRE(infos.has_value());
    REQUIRE(infos->size() == persons.size());
    for (std::size_t index = 0; index < persons.size(); ++index) {
        const auto alone = store->info(persons[index]);
        CHECK((*infos)[index] == (alone ? std::optional{*alone} : std::nullopt));
    }
    CHECK_FALSE((*infos)[1].has_value());
    CHECK(store->infos({}).value().empty());
}

inline void nothing_is_where_nothing_was_saved(Store& store) {
    save(*store, person(5), 1);
    CHECK(store->image(person(6)).error() == errc::image_none);
    CHECK(store->info(person(6)).error() == errc::image_none);
    CHECK(store->image(gone_blob(*store)).error() == errc::blob_unknown);
    CHECK(store->info(gone_blob(*store)).error() == errc::blob_unknown);
    CHECK_FALSE(store->cached_image(person(6)).has_value());
}

inline void second_save_keeps_id_texts_and_created_fields(Store& store) {
    const auto first = save(*store, person(5), 1, 10);
    auto update = description_of(person(5), "Passport photo, Ærø");
    update.extra_info = "2026";
    update.conceptual_type = "PASSPORT";
    REQUIRE(store->update_info(update).has_value());

    auto command = save_command(person(5), 3, 30, 2345);
    const auto second = store->save(command);
    REQUIRE(second.has_value());
    CHECK_FALSE(second->created);
    const auto& info = second->info;
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

    const auto stored = store->image(person(5));
    REQUIRE(stored.has_value());
    CHECK(stored->info == info);
    CHECK(is_whole(*stored));
}

inline void identical_bytes_refresh_the_updated_fields_only(Store& store) {
    const auto first = save(*store, person(5), 1, 10);
    auto again = save_command(person(5), 1, 20);
    again.actor = actor(9);
    const auto second = store->save(again);
    REQUIRE(second.has_value());
    CHECK(second->blob_id() == first.blob_id());
    CHECK(second->info.blob_version > first.info.blob_version);
    auto expected = first.info;
    expected.blob_version = second->info.blob_version;
    expected.updated_at = at(20);
    expected.updated_by = actor(9);
    CHECK(second->info == expected);
}

inline void sizes_from_one_byte_to_megabytes_come_back_exactly(Store& store) {
    const std::size_t sizes[] = {1, 4095, 4096, 4097, 65'536, 3'000'001};
    std::int32_t id = 0;
    for (const auto size : sizes)
        REQUIRE(store->save(save_command(person(++id), 40, 0, size)).has_value());
    id = 0;
    for (const auto size : sizes) {
        const auto stored = store->image(person(++id));
        REQUIRE(stored.has_value());
        CHECK(stored->bytes.size() == size);
        CHECK(stored->bytes.text() == content(40, size).bytes.text());
    }
}

inline void ids_grow_and_are_never_used_twice(Store& store) {
    std::int32_t last = 0;
    for (int round = 0; round < 20; ++round) {
        const auto saved = save(*store, person(round % 3 + 1), 1);
        CHECK(saved.created);
        CHECK(saved.blob_id().value() > last);
        last = saved.blob_id().value();
        REQUIRE(store->remove(removal_of(person(round % 3 + 1))).value().erased);
    }
}

inline constexpr auto last_id = std::numeric_limits<std::int32_t>::max();

inline void running_out_of_ids_is_an_error_of_its_own(Store& store) {
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

inline void no_two_states_share_a_version(Store& store) {
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

inline void a_submit_calls_back_once_with_what_save_would_return(Store& store) {
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

inline constexpr Case saving_cases[] = {
    {"a first save makes a linked blob", first_save_makes_a_linked_blob},
    {"nothing is where nothing was saved", nothing_is_where_nothing_was_saved},
    {"a second save keeps id, texts and created fields", second_save_keeps_id_texts_and_created_fields},
    {"identical bytes refresh the updated fields only", identical_bytes_refresh_the_updated_fields_only},
    {"sizes from one byte to megabytes come back exactly",
     sizes_from_one_byte_to_megabytes_come_back_exactly},
    {"ids grow and are never used twice", ids_grow_and_are_never_used_twice},
    {"running out of ids is an error of its own", running_out_of_ids_is_an_error_of_its_own, last_id - 1},
    {"no two states share a version", no_two_states_share_a_version},
    {"several ImageInfos are read together", several_infos_are_read_together},
    {"a submit calls back once with what save would return",
     a_submit_calls_back_once_with_what_save_would_return},
};

} // namespace portrait::testing::conformance
