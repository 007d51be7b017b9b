#pragma once

#include <portrait/testing/conformance/cases.hpp>
#include <portrait/testing/conformance/concurrency.hpp>
#include <portrait/testing/conformance/erasure.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

// Two objects of one store; see shared_store_conformance.hpp.
namespace portrait::testing::conformance {

/// Whether a store answers the picture that `save_command` with this seed has saved.
inline bool has_picture(const ImageStore& store, PersonId person_id, std::uint32_t seed) {
    const auto stored = store.image(person_id);
    if (!stored || stored->bytes.text() != content(seed).bytes.text() ||
        stored->info.digest != content(seed).digest)
        return false;
    // A copy in memory must not be of an earlier state.
    const auto cached = store.cached_image(person_id);
    const auto info = store.cached_info(person_id);
    return (!cached || cached->info == stored->info) && (!info || *info == stored->info);
}

inline void test_reads_of_other_stores(ImageStore& one, ImageStore& other) {
    SECTION("what one store has answered, the other one reads") {
        for (std::uint32_t seed = 1; seed <= 20; ++seed) {
            const auto saved = save(seed % 2 == 0 ? one : other, person(1), seed, static_cast<int>(seed));
            CHECK(has_picture(one, person(1), seed));
            CHECK(has_picture(other, person(1), seed));
            CHECK(one.info(person(1)).value() == saved.info);
            CHECK(other.info(person(1)).value() == saved.info);
            CHECK(other.info(saved.blob_id()).value().blob_version == saved.info.blob_version);
        }
        const auto updated = value_of(one.update_info(description_of(person(1), "On the stairs")));
        CHECK(other.info(person(1)).value() == updated);
        CHECK(value_of(other.infos(std::vector{person(1), person(2)})) ==
              std::vector{std::optional{updated}, std::optional<ImageInfo>{}});
        CHECK(value_of(other.persons_with_image(std::nullopt, 10)) == std::vector{person(1)});
        CHECK(one.epoch() == other.epoch());
    }
}

inline void test_decisions_by_other_stores(ImageStore& one, ImageStore& other) {
    SECTION("a precondition is decided by what the other store has written") {
        const auto old_version = save(one, person(1), 1).info.version();
        REQUIRE(has_picture(other, person(1), 1));
        const auto version = save(other, person(1), 2).info.version();
        auto command = save_command(person(1), 3);
        command.precondition = if_match(old_version);
        CHECK(one.save(command).error() == errc::precondition_failed);
        auto removal = removal_of(person(1));
        removal.precondition = if_match(old_version);
        CHECK(one.remove(removal).error() == errc::precondition_failed);
        command.precondition = if_match(version);
        CHECK(one.save(command).has_value());
        CHECK(has_picture(other, person(1), 3));
        command.precondition = {.if_none_match = any_version()};
        CHECK(other.save(command).error() == errc::precondition_failed);
    }
    SECTION("a blob that the other store has shared is copied on a write") {
        const auto shared = save(one, person(1), 1).blob_id();
        REQUIRE(other.link(link_command(person(2), shared)).has_value());
        const auto saved = save(one, person(1), 2);
        CHECK(saved.created);
        CHECK(saved.blob_id() != shared);
        CHECK(has_picture(other, person(1), 2));
        CHECK(has_picture(one, person(2), 1));
        // Now it has one person alone.
        const auto replaced = save(other, person(2), 3);
        CHECK_FALSE(replaced.created);
        CHECK(replaced.blob_id() == shared);
    }
    SECTION("a person that the other store has unlinked has no picture, and its blob stays") {
        const auto blob_id = save(one, person(1), 1).blob_id();
        REQUIRE(has_picture(other, person(1), 1));
        CHECK(value_of(other.unlink({.person_id = person(1), .actor = actor(1), .now = at(5)})) == blob_id);
        CHECK(one.info(person(1)).error() == errc::image_none);
        CHECK(one.image(blob_id).value().bytes.text() == content(1).bytes.text());
    }
}

inline void test_numbers_of_other_stores(ImageStore& one, ImageStore& other) {
    SECTION("blob ids of all stores grow, and none is used again") {
        std::optional<BlobId> last;
        for (std::int32_t id = 1; id <= 20; ++id) {
            auto& store = id % 3 == 0 ? one : other;
            const auto made = save(store, person(id), 1).blob_id();
            if (last)
                CHECK(made > *last);
            last = made;
            if (id % 2 == 0)
                REQUIRE((id % 4 == 0 ? one : other).remove(removal_of(made)).has_value());
        }
    }
    SECTION("versions and seconds of a person only grow, over all stores") {
        const auto blob_id = save(one, person(2), 1).blob_id();
        std::optional<ImageInfo> last;
        for (int round = 0; round < 12; ++round) {
            auto& store = round % 2 == 0 ? one : other;
            auto& next = round % 2 == 0 ? other : one;
            // The clock stands still, or goes back.
            const auto linked = value_of(store.link(link_command(person(1), blob_id, -round)));
            const auto updated = value_of(next.update_info(description_of(person(1), std::to_string(round))));
            CHECK(updated.blob_version > linked.blob_version);
            CHECK(*updated.last_modified > *linked.last_modified);
            if (last) {
                CHECK(linked.link_version > last->link_version);
                CHECK(*linked.last_modified > *last->last_modified);
            }
            last = updated;
            REQUIRE(store.unlink({.person_id = person(1), .actor = actor(1), .now = at(-round)}).has_value());
        }
    }
}

inline void test_removals_by_other_stores(ImageStore& one, ImageStore& other) {
    SECTION("a picture that one store has removed is gone from the other") {
        const auto blob_id = save(one, person(1), 1).blob_id();
        REQUIRE(has_picture(other, person(1), 1));
        REQUIRE(one.remove(removal_of(person(1))).has_value());
        CHECK(other.image(person(1)).error() == errc::image_none);
        CHECK(other.image(blob_id).error() == errc::blob_unknown);
        CHECK_FALSE(other.cached_image(person(1)).has_value());
        CHECK_FALSE(other.cached_info(person(1)).has_value());
    }
    SECTION("an erasure is counted and found by all stores") {
        save(one, person(1), 1);
        CHECK(value_of(other.erase(erasure_of(person(1), 20))).number == 1);
        CHECK(one.image(person(1)).error() == errc::image_none);
        CHECK(one.erasures().value() == 1);
        CHECK(value_of(one.last_erasure(person(1))).has_value());
        CHECK(one.save(import_command(person(1), {.at = at(10)})).error() == errc::person_erased);
        CHECK(value_of(one.erase(erasure_of(person(2), 30))).number == 2);
        CHECK(other.erasures().value() == 2);
    }
}

/// Counts the outcomes that must not be.
template<class Value>
bool is_unexpected(const result<Value>& outcome) {
    return !outcome && !(outcome.error() == errc::precondition_failed) &&
           !(outcome.error() == errc::image_none) && !(outcome.error() == errc::blob_unknown);
}

inline void test_races_of_stores(ImageStore& one, ImageStore& other) {
    SECTION("of two writers on two stores with the same version one fails") {
        constexpr int writers = 6;
        constexpr int rounds = 20;
        const auto size_before = save(one, person(1), 0).info.size;
        std::atomic<int> failures{0};
        on_threads(writers, [&](int index) {
            auto& store = index % 2 == 0 ? one : other;
            for (int done = 0; done < rounds;) {
                const auto info = store.info(person(1));
                auto command = save_command(person(1), 1, 0, info ? info->size + 1 : 1);
                command.precondition = info ? if_match(info->version()) : Precondition{};
                const auto saved = store.save(command);
                done += saved ? 1 : 0;
                failures += is_unexpected(saved) || !info ? 1 : 0;
                if (failures != 0)
                    return;
            }
        });
        CHECK(failures == 0);
        CHECK(other.info(person(1)).value().size == size_before + writers * rounds);
    }
    SECTION("of a save, a removal and a new text with the same version one succeeds, beside a link") {
        for (int round = 0; round < 20; ++round) {
            const auto info = save(one, person(1), 1, round).info;
            const auto condition = if_match(info.version());
            std::atomic<int> successes{0};
            std::atomic<int> failures{0};
            std::atomic<bool> linked{false};
            const auto count = [&](const auto& outcome) {
                successes += outcome ? 1 : 0;
                failures += is_unexpected(outcome) ? 1 : 0;
            };
            on_threads(4, [&](int index) {
                if (index == 0) {
                    auto command = save_command(person(1), 2, round);
                    command.precondition = condition;
                    count(one.save(command));
                } else if (index == 1) {
                    auto command = removal_of(person(1));
                    command.precondition = condition;
                    count(other.remove(command));
                } else if (index == 2) {
                    auto command = description_of(person(1), "new");
                    command.precondition = condition;
                    count(other.update_info(command));
                } else {
                    const auto outcome = one.link(link_command(person(2), info.blob_id, round));
                    failures += is_unexpected(outcome) ? 1 : 0;
                    linked = outcome.has_value();
                }
            });
            CHECK(failures == 0);
            CHECK(successes == 1);
            // A link that was answered keeps its picture, whatever the first person does.
            const auto of_other = other.image(person(2));
            CHECK(of_other.has_value() == linked);
            CHECK((!of_other || (of_other->info.blob_id == info.blob_id && is_whole(*of_other))));
            REQUIRE(one.remove(removal_of(person(2))).has_value());
            REQUIRE(other.remove(removal_of(person(1))).has_value());
        }
    }
    SECTION("first saves on two stores make one blob") {
        for (std::int32_t id = 1; id <= 15; ++id) {
            std::atomic<int> created{0};
            std::atomic<int> failures{0};
            on_threads(4, [&](int index) {
                const auto saved = (index % 2 == 0 ? one : other).save(save_command(person(id), 1));
                created += saved && saved->created ? 1 : 0;
                failures += saved ? 0 : 1;
            });
            CHECK(failures == 0);
            CHECK(created == 1);
        }
    }
    SECTION("saves, links, unlinks and removals on two stores leave each blob with its persons") {
        constexpr std::int32_t persons = 6;
        std::atomic<int> failures{0};
        on_threads(6, [&](int index) {
            auto& store = index % 2 == 0 ? one : other;
            std::minstd_rand random{static_cast<std::uint32_t>(index) + 1};
            for (int step = 0; step < 60; ++step) {
                const auto first = person(static_cast<std::int32_t>(random() % persons) + 1);
                const auto second = person(static_cast<std::int32_t>(random() % persons) + 1);
                const auto info = store.info(second);
                switch (random() % 6) {
                case 0:
                case 1:
                    failures += is_unexpected(store.save(
                                    save_command(first, static_cast<std::uint32_t>(random() % 50))))
                                    ? 1
                                    : 0;
                    break;
                case 2:
                    if (info)
                        failures += is_unexpected(store.link(link_command(first, info->blob_id))) ? 1 : 0;
                    break;
                case 3:
                    failures +=
                        is_unexpected(store.unlink({.person_id = first, .actor = actor(1), .now = at(step)}));
                    break;
                case 4:
                    if (info)
                        failures += is_unexpected(store.remove(removal_of(info->blob_id))) ? 1 : 0;
                    break;
                default: failures += is_unexpected(store.remove(removal_of(first))) ? 1 : 0; break;
                }
            }
        });
        CHECK(failures == 0);
        for (std::int32_t id = 1; id <= persons; ++id) {
            const auto stored = one.image(person(id));
            CHECK_FALSE(is_unexpected(stored));
            if (!stored)
                continue;
            CHECK(digest_of(stored->bytes) == stored->info.digest);
            CHECK(other.info(person(id)).value() == stored->info);
            // Removed by its id, it is gone for all of its persons.
            const auto blob_id = stored->info.blob_id;
            CHECK(value_of(other.remove(removal_of(blob_id))).erased);
            for (std::int32_t each = 1; each <= persons; ++each)
                if (const auto rest = one.info(person(each)))
                    CHECK(rest->blob_id != blob_id);
        }
    }
}

} // namespace portrait::testing::conformance
