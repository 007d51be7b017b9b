#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include "segments/record.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace housekeeping_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

/// The number of replaces in a case; the environment may set more.
std::uint32_t replaces(const char* variable, std::uint32_t usual) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? usual : static_cast<std::uint32_t>(std::atoll(text));
}

std::uint64_t disk_usage_below(const std::filesystem::path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        try {
            bytes += entry.is_regular_file() ? disk_usage(entry.path()) : 0;
        } catch (const std::exception&) { // unlinked meanwhile
        }
    }
    return bytes;
}

std::uint64_t log_bytes(const std::filesystem::path& folder) {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(folder / "portrait.db-wal", none);
    return none ? 0 : bytes;
}

bool contains_bytes(const std::filesystem::path& folder, std::string_view bytes) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (!entry.is_regular_file())
            continue;
        std::ifstream stream{entry.path(), std::ios::binary};
        const std::string all{std::istreambuf_iterator{stream}, {}};
        if (all.find(bytes) != std::string::npos)
            return true;
    }
    return false;
}

} // namespace

TEST_CASE("readers of ranges that are freed all the time get no zeros and no other picture",
          "[sqlite][housekeeping][crash]") {
    // A million by PORTRAIT_REPLACES=1000000.
    const auto wanted = replaces("PORTRAIT_REPLACES", 1500);
    constexpr std::uint32_t persons = 8;
    constexpr std::size_t size = 5000;
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::uint32_t id = 0; id < persons; ++id)
        REQUIRE(
            store->save(save_command(person(static_cast<std::int32_t>(id + 1)), id, 0, size)).has_value());
    std::atomic<bool> writing{true};
    std::atomic<std::uint64_t> reads{0};
    std::atomic<std::uint64_t> reads_from_memory{0};
    std::atomic<std::uint64_t> bad{0};
    // The width holds the picture's seed, which depends on the person. All bytes are compared.
    const auto is_of = [](const StoredImage& stored, std::uint32_t id) {
        const auto seed = stored.info.width - 1;
        return seed % persons == id && is_whole(stored) &&
               stored.bytes.text() == content(seed, size).bytes.text();
    };
    std::vector<std::thread> threads;
    for (std::uint32_t reader = 0; reader < 3; ++reader)
        threads.emplace_back([&, reader] {
            for (std::uint32_t id = reader; writing; id = (id + 1) % persons, ++reads) {
                const auto stored = store->image(person(static_cast<std::int32_t>(id + 1)));
                bad += stored && is_of(*stored, id) ? 0U : 1U;
                if (const auto hot = store->cached_image(person(static_cast<std::int32_t>(id + 1)))) {
                    ++reads_from_memory;
                    bad += is_of(*hot, id) ? 0U : 1U;
                }
            }
        });
    // Reads the rows of one moment and, much later, the bytes they name.
    threads.emplace_back([&] {
        while (writing) {
            const auto copied = store->backup(folder / "backup", [&](const sqlite::Progress& progress) {
                if (progress.step == "pictures")
                    std::this_thread::sleep_for(std::chrono::milliseconds{20});
                return true;
            });
            bad += copied && copied->ok() && copied->pictures == persons ? 0U : 1U;
        }
    });
    std::atomic<std::uint32_t> next{persons};
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 32; ++writer)
        writers.emplace_back([&] {
            for (auto seed = next++; seed < wanted + persons; seed = next++)
                bad += store->save(save_command(person(static_cast<std::int32_t>(seed % persons + 1)), seed,
                                                0, size))
                               .has_value()
                           ? 0U
                           : 1U;
        });
    for (auto& thread : writers)
        thread.join();
    writing = false;
    for (auto& thread : threads)
        thread.join();
    CHECK(bad == 0);
    CHECK(reads > 100);
    CHECK(reads_from_memory > 100);
    CHECK(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    CHECK(store->statistics().bytes_freed == std::uint64_t{wanted} * sqlite::range_length(size));
    CHECK(store->check().value().ok());
    WARN(wanted << " replaces, " << reads << " reads, and " << reads_from_memory << " from memory");
}

TEST_CASE("after replaces of 64 KiB pictures the folder is at most a fifth larger than its pictures",
          "[sqlite][housekeeping]") {
    // A day's worth, a hundred thousand, by PORTRAIT_DAY_OF_REPLACES=100000.
    const auto wanted = replaces("PORTRAIT_DAY_OF_REPLACES", 400);
    constexpr std::uint32_t persons = 2000; // beside whose pictures the reserve and the log are small
    constexpr std::size_t size = 64 * 1024;
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.segment_bytes = 32 * 1024 * 1024;
    options.preallocation_bytes = 8 * 1024 * 1024;
    const auto store = open_store(options);
    // Many at a time, as a server has them.
    const auto save_all = [&](std::uint32_t first, std::uint32_t count) {
        std::atomic<std::uint32_t> next{first};
        std::atomic<int> bad{0};
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 8; ++thread)
            threads.emplace_back([&] {
                for (auto seed = next++; seed < first + count; seed = next++) {
                    // Persons in random order, so that segments lose single pictures and not all at once.
                    const auto id = static_cast<std::int32_t>(
                        seed < persons ? seed : std::uint64_t{seed} * 7919 % persons);
                    bad += store->save(save_command(person(id + 1), seed, 0, size)).has_value() ? 0 : 1;
                }
            });
        for (auto& thread : threads)
            thread.join();
        REQUIRE(bad == 0);
    };
    save_all(0, persons);
    constexpr std::uint64_t live = std::uint64_t{persons} * size;
    const auto allowed = live / 5 * 6 + options.preallocation_bytes;
    std::uint64_t most = 0;
    std::uint64_t longest_log = 0;
    constexpr std::uint32_t at_a_time = 20;
    for (std::uint32_t done = 0; done < wanted; done += at_a_time) {
        save_all(persons + done, at_a_time);
        most = std::max(most, disk_usage_below(folder.path()));
        longest_log = std::max(longest_log, log_bytes(folder.path()));
        // A day has pauses; freed ranges are erased within some tenths of a second.
        REQUIRE(eventually([&] { return store->statistics().bytes_to_free < live / 100; }));
    }
    CHECK(most <= allowed);
    CHECK(longest_log <= 8 * 1024 * 1024);
    WARN(wanted << " replaces: at most " << most * 100 / live << " % of the live bytes, the log at most "
                << longest_log / 1024 << " KiB");
}

TEST_CASE("the log stays small during a long read", "[sqlite][housekeeping]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 3; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    const auto writes = [&] {
        std::vector<std::thread> threads;
        for (std::int32_t writer = 1; writer <= 4; ++writer)
            threads.emplace_back([&, writer] {
                for (std::uint32_t round = 0; round < 400; ++round)
                    (void)store->save(save_command(person(writer), round, 0, 100));
            });
        for (auto& thread : threads)
            thread.join();
        return store->statistics().writes;
    };
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    const auto write_during_pictures = [&](const sqlite::Progress& progress) {
        if (progress.step == "pictures" && before == 0) {
            before = store->statistics().writes;
            after = writes();
            CHECK(log_bytes(folder / "data") <= 8 * 1024 * 1024);
        }
        return true;
    };
    SECTION("a backup") {
        CHECK(store->backup(folder / "backup", write_during_pictures).value().ok());
    }
    SECTION("a check") {
        CHECK(store->check(write_during_pictures).value().ok());
    }
    SECTION("readers from memory, one of them stopped") {
        for (int id = 1; id <= 2; ++id) {
            (void)store->cached_image(person(id));
            REQUIRE(store->image(person(id)).has_value());
        }
        REQUIRE(store->cached_image(person(1)).has_value());
        std::atomic<bool> reading{true};
        std::thread reader{[&] {
            while (reading)
                (void)store->cached_image(person(3));
        }};
        after = writes();
        CHECK(log_bytes(folder / "data") <= 8 * 1024 * 1024);
        reading = false;
        reader.join();
        after = writes();
        CHECK(log_bytes(folder / "data") <= 8 * 1024 * 1024);
    }
    CHECK(after >= before + 1600);
}

TEST_CASE("bytes of replaced and removed pictures are in no file of the folder", "[sqlite][housekeeping]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    const bool many_segments = GENERATE(false, true);
    options.segment_bytes = many_segments ? 16 * 1024 : 256 * 1024;
    auto store = open_store(options);
    const std::string marker = "this must not be found again, whoever looks for it";
    const auto marked = [&](std::int32_t id, std::uint32_t seed) {
        auto command = save_command(person(id), seed);
        std::string bytes = "before " + marker + " after";
        const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
        std::vector<std::byte> content{begin, begin + bytes.size()};
        command.content->digest = digest_of(content);
        command.content->bytes = ImageBytes{std::move(content)};
        return command;
    };
    for (std::int32_t id = 1; id <= 20; ++id) {
        REQUIRE(store->save(marked(id, 1)).has_value());
        save(*store, person(id + 100), 2);
    }
    REQUIRE(contains_bytes(folder.path(), marker));
    for (std::int32_t id = 1; id <= 20; ++id)
        if (id % 2 == 0)
            save(*store, person(id), 3);
        else
            REQUIRE(store->remove({.target = person(id), .actor = {}, .now = at(1), .precondition = {}})
                        .has_value());
    CHECK(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    CHECK_FALSE(contains_bytes(folder.path(), marker));
    // A save that a precondition refuses has written its bytes before.
    auto refused = marked(2, 4);
    refused.precondition = conformance::if_match({.blob_id = BlobId::from(1).value()});
    REQUIRE(store->save(std::move(refused)).error() == errc::precondition_failed);
    CHECK(eventually(
        [&] { return store->statistics().bytes_to_free == 0 && !contains_bytes(folder.path(), marker); }));
}

} // namespace housekeeping_test
