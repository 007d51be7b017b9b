#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <optional>

namespace portrait::testing::conformance {

inline Precondition if_unmodified_since(Timestamp since) {
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

inline void a_save_demands_the_present_version(Store& store) {
    const auto first = save(*store, person(1), 1).info.version();
    auto command = save_command(person(1), 2);
    command.precondition = if_match(first);
    const auto second = store->save(command);
    REQUIRE(second.has_value());

    command = save_command(person(1), 3);
    command.precondition = if_match(first);
    check_refused(store->save(command), second->info.version());
    CHECK(store->image(person(1)).value().bytes.text() == content(2).bytes.text());

    // One of a list, or any at all.
    command.precondition.if_match->versions.push_back(second->info.version());
    CHECK(store->save(command).has_value());
    command.precondition.if_match = any_version();
    CHECK(store->save(command).has_value());
}

inline void where_nothing_is_no_version_matches(Store& store) {
    auto command = save_command(person(1), 1);
    command.precondition.if_match = any_version();
    check_refused(store->save(command), std::nullopt);
    CHECK(store->info(person(1)).error() == errc::image_none);
    command.precondition = if_unmodified_since(at(-1000));
    CHECK(store->save(command).has_value());
}

inline void only_the_first_save_passes_if_none_match(Store& store) {
    auto command = save_command(person(1), 1);
    command.precondition.if_none_match = any_version();
    const auto first = store->save(command);
    REQUIRE(first.has_value());
    check_refused(store->save(command), first->info.version());

    command.precondition.if_none_match = VersionCondition{.any = false, .versions = {first->info.version()}};
    check_refused(store->save(command), first->info.version());
    command.precondition.if_none_match->versions.front().blob_version += 1000;
    CHECK(store->save(command).has_value());
}

inline void a_date_is_compared_in_whole_seconds(Store& store) {
    auto command = save_command(person(1), 1);
    command.now = at(10) + std::chrono::milliseconds{700};
    const auto saved = store->save(command);
    REQUIRE(saved.has_value());
    command.precondition = if_unmodified_since(at(9));
    check_refused(store->save(command), saved->info.version());
    command.precondition = if_unmodified_since(at(10));
    CHECK(store->save(command).has_value());
}

inline void if_match_outranks_the_date(Store& store) {
    const auto saved = save(*store, person(1), 1, 10);
    auto command = save_command(person(1), 2, 20);
    command.precondition = if_match(saved.info.version());
    command.precondition.if_unmodified_since = at(0);
    CHECK(store->save(command).has_value());
}

inline void texts_and_removals_are_conditional_too(Store& store) {
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
    const auto updated = store->update_info(update);
    REQUIRE(updated.has_value());
    remove.precondition = if_match(current);
    CHECK(store->remove(remove).error() == errc::precondition_failed);
    remove.precondition = if_match(updated->version());
    CHECK(store->remove(remove).value().erased);
    remove.precondition.if_match = any_version();
    CHECK(store->remove(remove).error() == errc::precondition_failed);
}

inline void a_blobs_version_has_no_link_in_it(Store& store) {
    const auto through_person = save(*store, person(1), 1).info.version();
    auto command = save_command(through_person.blob_id, 2);
    command.precondition = if_match(through_person);
    check_refused(store->save(command), store->info(through_person.blob_id).value().version());
    command.precondition = if_match({through_person.blob_id, through_person.blob_version, 0});
    CHECK(store->save(command).has_value());
}

inline constexpr Case precondition_cases[] = {
    {"a save demands the present version", a_save_demands_the_present_version},
    {"where nothing is no version matches", where_nothing_is_no_version_matches},
    {"only the first save passes If-None-Match: *", only_the_first_save_passes_if_none_match},
    {"a date is compared in whole seconds", a_date_is_compared_in_whole_seconds},
    {"If-Match outranks the date", if_match_outranks_the_date},
    {"texts and removals are conditional too", texts_and_removals_are_conditional_too},
    {"a blob's version has no link in it", a_blobs_version_has_no_link_in_it},
};

} // namespace portrait::testing::conformance
