#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

// Catch2's assertions aren't thread-safe, so the threads count and the main thread checks.
namespace portrait::testing::conformance {

/// Runs `work(0)` to `work(count - 1)` on a thread each; rethrows the exception of one when all have ended.
template<class Work>
void on_threads(int count, const Work& work) {
    std::vector<std::future<void>> threads;
    for (int index = 0; index < count; ++index)
        threads.push_back(std::async(std::launch::async, [&work, index] { work(index); }));
    for (auto& thread : threads)
        thread.get();
}

inline void test_concurrent_writers(Store& store) {
    SECTION("of two writers with the same version one fails") {
        constexpr int writers = 8;
        constexpr int rounds = 25;
        REQUIRE(store->save(save_command(person(1), 0)).has_value());
        const auto size_before = store->info(person(1)).value().size;
        std::atomic<int> failures{0};
        // The size of the picture is the counter: each step reads it and writes one more, so a lost step
        // shows.
        on_threads(writers, [&](int) {
            for (int done = 0; done < rounds;) {
                const auto info = store->info(person(1));
                if (!info) {
                    ++failures;
                    return;
                }
                auto command = save_command(person(1), 1, 0, info->size + 1);
                command.precondition = if_match(info->version());
                const auto saved = store->save(command);
                if (saved)
                    ++done;
                else if (!(saved.error() == errc::precondition_failed)) {
                    ++failures;
                    return;
                }
            }
        });
        CHECK(failures == 0);
        CHECK(store->info(person(1)).value().size == size_before + writers * rounds);
    }
    SECTION("concurrent first saves make one blob") {
        for (std::int32_t id = 1; id <= 10; ++id) {
            std::atomic<int> created{0};
            std::atomic<int> failures{0};
            on_threads(6, [&](int index) {
                const auto saved = store->save(save_command(person(id), static_cast<std::uint32_t>(index)));
                if (!saved)
                    ++failures;
                else if (saved->created)
                    ++created;
            });
            CHECK(failures == 0);
            CHECK(created == 1);
        }
    }
}

inline void test_concurrent_readers(Store& store) {
    SECTION("readers get bytes and ImageInfo of one state") {
        constexpr int persons = 4;
        for (int id = 1; id <= persons; ++id)
            REQUIRE(store->save(save_command(person(id), 0)).has_value());
        std::atomic<int> writers_left{3};
        std::atomic<int> mixed{0};
        std::atomic<int> failures{0};
        std::atomic<int> went_back{0};
        on_threads(6, [&](int index) {
            if (index < 3) {
                const std::shared_ptr<void> end{nullptr, [&](void*) { --writers_left; }};
                for (std::uint32_t round = 0; round < 120; ++round) {
                    const auto seed = round * 3 + static_cast<std::uint32_t>(index);
                    const auto id = static_cast<int>(seed % persons) + 1;
                    if (!store->save(save_command(person(id), seed, 0, 100 + seed * 37)))
                        ++failures;
                }
                return;
            }
            std::int64_t last_version[persons + 1] = {};
            for (int round = 0; writers_left > 0 || round < 50; ++round) {
                const int id = round % persons + 1;
                const auto stored = store->image(person(id));
                if (!stored) {
                    ++failures;
                    continue;
                }
                if (!is_whole(*stored))
                    ++mixed;
                if (stored->info.blob_version < last_version[id])
                    ++went_back;
                last_version[id] = stored->info.blob_version;
            }
        });
        CHECK(failures == 0);
        CHECK(mixed == 0);
        CHECK(went_back == 0);
    }
}

inline void test_reads_after_writes(Store& store) {
    SECTION("an answered save is seen by the next read") {
        std::atomic<int> stale{0};
        std::atomic<int> failures{0};
        on_threads(4, [&](int index) {
            const auto own = person(index + 1);
            for (std::uint32_t round = 0; round < 60; ++round) {
                const auto saved = store->save(save_command(own, round));
                const auto read = store->image(own);
                if (!saved || !read) {
                    ++failures;
                    continue;
                }
                if (read->info.version() != saved->info.version() || !is_whole(*read))
                    ++stale;
                const auto cached = store->cached_image(own);
                if (cached && cached->info.version() != saved->info.version())
                    ++stale;
            }
        });
        CHECK(failures == 0);
        CHECK(stale == 0);
    }
}

inline void test_many_submits(Store& store) {
    SECTION("each of many submits calls back once") {
        struct Answers {
            std::mutex mutex;
            std::condition_variable all_there;
            int count = 0;
            std::set<std::int32_t> ids;
            int refused = 0;
        };
        constexpr int count = 200;
        const auto answers = std::make_shared<Answers>(); // for completions after the timeout
        for (int index = 0; index < count; ++index) {
            auto command = save_command(person(index + 1), static_cast<std::uint32_t>(index));
            if (index % 10 == 9) // bad members fail alone
                command.precondition.if_match = any_version();
            store->submit(std::move(command), [answers](result<SavedImage> saved) {
                const std::lock_guard lock{answers->mutex};
                if (saved)
                    answers->ids.insert(saved->blob_id().value());
                else
                    ++answers->refused;
                if (++answers->count >= count)
                    answers->all_there.notify_one();
            });
        }
        {
            std::unique_lock lock{answers->mutex};
            REQUIRE(answers->all_there.wait_for(lock, std::chrono::minutes{1},
                                                [&] { return answers->count >= count; }));
            CHECK(answers->count == count);
            CHECK(answers->refused == count / 10);
            CHECK(answers->ids.size() == static_cast<std::size_t>(count - count / 10));
        }
        for (int index = 0; index < count; ++index) {
            const auto stored = store->image(person(index + 1));
            CHECK(stored.has_value() == (index % 10 != 9));
            if (stored)
                CHECK(stored->bytes.text() == content(static_cast<std::uint32_t>(index)).bytes.text());
        }
    }
}

} // namespace portrait::testing::conformance
