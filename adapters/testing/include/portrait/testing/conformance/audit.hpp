#pragma once

#include <portrait/testing/conformance/cases.hpp>
#include <portrait/testing/recording_audit_log.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace portrait::testing::conformance {

using Log = std::shared_ptr<RecordingAuditLog>;

/// Compares an entry with the states of the picture before and after the write; absent: no picture.
inline void check_entry(const RecordingAuditLog::Entry& entry, AuditedAction action,
                        const std::optional<ImageInfo>& before, const std::optional<ImageInfo>& after) {
    CHECK(entry.record.action == action);
    CHECK(entry.outcome == AuditOutcome::committed);
    CHECK(entry.record.before == (before ? std::optional{AuditedPicture::of(*before)} : std::nullopt));
    CHECK(entry.record.after == (after ? std::optional{AuditedPicture::of(*after)} : std::nullopt));
}

inline void test_audit_records(Store& store, const Log& log) {
    SECTION("each write is recorded with its actor, its time and both states") {
        const auto first = save(*store, person(1), 1, 10).info;
        const auto second = save(*store, person(1), 2, 20).info;
        const auto described = value_of(store->update_info(description_of(person(1), "d")));
        const auto made = save(*store, NewBlob{}, 3, 30).info;
        const auto linked = value_of(store->link(link_command(person(1), made.blob_id, 40)));
        REQUIRE(store->unlink({.person_id = person(1), .actor = actor(7), .now = at(41)}).has_value());
        const auto replaced = save(*store, made.blob_id, 4, 50).info;
        REQUIRE(store->remove(removal_of(made.blob_id)).has_value());
        const auto entries = log->entries();
        REQUIRE(entries.size() == 8);
        check_entry(entries[0], AuditedAction::save, std::nullopt, first);
        check_entry(entries[1], AuditedAction::save, first, second);
        check_entry(entries[2], AuditedAction::update_info, second, described);
        check_entry(entries[3], AuditedAction::save, std::nullopt, made);
        check_entry(entries[4], AuditedAction::link, described, linked);
        check_entry(entries[5], AuditedAction::unlink, linked, std::nullopt);
        check_entry(entries[6], AuditedAction::save, made, replaced);
        check_entry(entries[7], AuditedAction::remove, replaced, std::nullopt);
        CHECK(entries[1].record.person_id == person(1));
        CHECK(entries[1].record.actor == actor(2));
        CHECK(entries[1].record.at == at(20));
        CHECK_FALSE(entries[3].record.person_id.has_value());
        CHECK_FALSE(entries[6].record.person_id.has_value());
    }
    SECTION("the record of a copy on write has the shared blob before and the new one after") {
        const auto shared = save(*store, person(1), 1).info;
        REQUIRE(store->link(link_command(person(2), shared.blob_id)).has_value());
        const auto own = save(*store, person(2), 2).info;
        REQUIRE(log->entries().size() == 3);
        check_entry(log->entries()[2], AuditedAction::save, shared, own);
    }
    SECTION("refused writes and writes that change nothing have no record") {
        const auto saved = save(*store, person(1), 1).info;
        auto refused = save_command(person(1), 2);
        refused.precondition.if_none_match = any_version();
        CHECK(store->save(refused).error() == errc::precondition_failed);
        REQUIRE(store->remove(removal_of(person(2))).has_value());
        REQUIRE(store->unlink({.person_id = person(2), .actor = actor(7), .now = at(1)}).has_value());
        REQUIRE(store->link(link_command(person(1), saved.blob_id)).has_value());
        CHECK(log->entries().size() == 1);
    }
    SECTION("an import is recorded by its actor and time, with the stamps that it brings") {
        auto command = save_command(person(1), 1, 60);
        command.origin = ImportOrigin{.stamps = {at(1), actor(11), at(2), actor(12)}, .linked_at = at(3)};
        REQUIRE(store->save(command).has_value());
        REQUIRE(log->entries().size() == 1);
        const auto record = log->entries()[0].record;
        CHECK(record.actor == actor(1));
        CHECK(record.at == at(60));
        REQUIRE(record.imported.has_value());
        CHECK(record.imported->created_at == at(1));
        CHECK(record.imported->updated_by == actor(12));
    }
}

inline void test_refused_records(Store& store, const Log& log) {
    SECTION("a write whose record is refused changes nothing") {
        const auto saved = save(*store, person(1), 1).info;
        const auto other = save(*store, NewBlob{}, 2).blob_id();
        REQUIRE(log->entries().size() == 2);
        log->refuse(true);
        CHECK(store->writable().error() == errc::audit_unavailable);
        for (const SaveTarget target :
             {SaveTarget{person(1)}, SaveTarget{person(2)}, SaveTarget{other}, SaveTarget{NewBlob{}}})
            CHECK(store->save(save_command(target, 3)).error() == errc::audit_unavailable);
        CHECK(store->update_info(description_of(person(1), "x")).error() == errc::audit_unavailable);
        CHECK(store->remove(removal_of(person(1))).error() == errc::audit_unavailable);
        CHECK(store->link(link_command(person(1), other)).error() == errc::audit_unavailable);
        CHECK(store->unlink({.person_id = person(1), .actor = actor(7), .now = at(1)}).error() ==
              errc::audit_unavailable);
        CHECK(store->erase({.person_id = person(1), .actor = actor(7), .now = at(1)}).error() ==
              errc::audit_unavailable);
        CHECK(store->info(person(1)).value() == saved);
        CHECK(store->image(person(1)).value().bytes.text() == content(1).bytes.text());
        CHECK(store->image(other).value().bytes.text() == content(2).bytes.text());
        CHECK(store->info(person(2)).error() == errc::image_none);
        CHECK_FALSE(store->last_erasure(person(1)).value().has_value());
        REQUIRE(log->entries().size() == 2);
        log->refuse(false);
        CHECK(store->writable().has_value());
        save(*store, person(1), 3);
        CHECK(log->entries().back().record.before == AuditedPicture::of(saved));
    }
}

inline void test_audit_of_concurrent_writers(Store& store, const Log& log) {
    SECTION("under concurrent writers each record begins where the one before it ended") {
        constexpr int writers = 8;
        constexpr int saves = 40;
        std::atomic<int> saved = 0;
        std::vector<std::thread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                try {
                    for (int number = 0; number < saves; ++number) {
                        const auto seed = static_cast<std::uint32_t>(writer * saves + number);
                        saved += store->save(save_command(person(1), seed)).has_value() ? 1 : 0;
                    }
                    // NOLINTNEXTLINE(bugprone-empty-catch): the count tells
                } catch (...) {
                }
            });
        for (auto& thread : threads)
            thread.join();
        REQUIRE(saved == writers * saves);
        const auto entries = log->entries();
        REQUIRE(entries.size() == std::size_t{writers} * saves);
        std::size_t wrong = 0;
        for (std::size_t index = 0; index < entries.size(); ++index) {
            const auto expected = index == 0 ? std::nullopt : entries[index - 1].record.after;
            wrong += entries[index].record.before != expected ? 1 : 0;
            wrong += entries[index].outcome != AuditOutcome::committed ? 1 : 0;
        }
        CHECK(wrong == 0);
        CHECK(entries.back().record.after == AuditedPicture::of(store->info(person(1)).value()));
    }
}

} // namespace portrait::testing::conformance
