#include "disk_log.hpp"
#include "faulty_disk.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <thread>

namespace power_cut_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::is_whole;
using conformance::person;
using conformance::save_command;

namespace {

constexpr std::int32_t threads = 4;
constexpr std::int32_t persons_each = 5;

/// Marks: a write is begun (even) or acknowledged (odd).
struct Write {
    std::int32_t person = 0;
    std::optional<Digest> digest; ///< absent: a removal
};

/// The pictures that a person may have at a moment: the last acknowledged one, and one in progress.
struct Allowed {
    std::optional<Digest> acknowledged;
    std::optional<std::optional<Digest>> under_way;
};

/// The writes, in an order that depends on the seed only.
std::vector<Write> writes_of(std::uint32_t thread, std::uint32_t count) {
    std::vector<Write> writes;
    std::mt19937 random{thread};
    for (std::uint32_t index = 0; index < count; ++index) {
        Write write{static_cast<std::int32_t>(thread) * persons_each +
                        static_cast<std::int32_t>(random() % persons_each) + 1,
                    {}};
        if (random() % 5 != 0)
            write.digest = conformance::content(thread * 10'000 + index, 300 + random() % 9000).digest;
        writes.push_back(write);
    }
    return writes;
}

std::vector<Write> all_writes(std::uint32_t count) {
    std::vector<Write> all;
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
        const auto some = writes_of(thread, count);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

void write_all(SqliteImageStore& store, DiskLog& log, std::uint32_t thread, std::uint32_t count,
               std::atomic<int>& failures) {
    std::mt19937 random{thread};
    for (std::uint32_t index = 0; index < count; ++index) {
        const auto target = person(static_cast<std::int32_t>(thread) * persons_each +
                                   static_cast<std::int32_t>(random() % persons_each) + 1);
        const bool saves = random() % 5 != 0;
        const auto size = saves ? 300 + random() % 9000 : 0;
        const auto number = 2 * (std::uint64_t{thread} * count + index);
        log.mark(number);
        if (saves)
            failures += !store.save(save_command(target, thread * 10'000 + index, 0, size)).has_value();
        else {
            const auto removed =
                store.remove({.target = target, .actor = {}, .now = at(1), .precondition = {}});
            failures += !removed && removed.error() != errc::image_none;
        }
        log.mark(number + 1);
    }
}

int points_to_try() {
    const char* const text = std::getenv("PORTRAIT_POWER_CUTS");
    return text == nullptr ? PORTRAIT_DEFAULT_POWER_CUTS : std::atoi(text);
}

/// Opens the folder after the power cut. Returns a description of the first fault, or an empty text.
std::string fault_of(const std::filesystem::path& folder, const std::map<std::int32_t, Allowed>& allowed) {
    const auto opened = SqliteImageStore::open(options_for(folder));
    if (!opened)
        return "it doesn't open: " + std::string{opened.error().rule()} + " " + opened.error().cause();
    for (const auto& [id, expected] : allowed) {
        const auto stored = (*opened)->image(person(id));
        const auto name = "person " + std::to_string(id);
        if (!stored && stored.error() != errc::image_none)
            return name + " can't be read: " + stored.error().cause();
        if (stored && !is_whole(*stored))
            return name + " has a picture that isn't whole";
        const auto digest = stored ? std::optional{stored->info.digest} : std::nullopt;
        if (digest != expected.acknowledged && !(expected.under_way && digest == *expected.under_way))
            return name + " has lost an acknowledged write";
    }
    const auto saved = (*opened)->save(save_command(person(1), 999'999));
    if (!saved)
        return "it takes no writes: " + saved.error().cause();
    return {};
}

} // namespace

TEST_CASE("a folder opens after any power cut and has every acknowledged write", "[sqlite][crash][power]") {
    const auto writes_each = std::uint32_t{30};
    const auto writes = all_writes(writes_each);
    std::vector<DiskCall> calls;
    {
        const TemporaryFolder folder;
        DiskLog log{folder.path()};
        for (int life = 0; life < 2;
             ++life) { // the second one closes the log of the first and continues with its files
            const auto store = open_store(folder.path());
            if (life == 1)
                break;
            std::atomic<int> failures{0};
            std::vector<std::thread> writers;
            for (std::uint32_t thread = 0; thread < threads; ++thread)
                writers.emplace_back([&, thread] { write_all(*store, log, thread, writes_each, failures); });
            for (auto& writer : writers)
                writer.join();
            REQUIRE(failures == 0);
            CHECK(eventually([&] { return store->statistics().bytes_to_free == 0; }));
        }
        calls = log.take();
    }
    REQUIRE(calls.size() > 300);

    // Pairs of a moment and a seed, spread evenly over the log.
    const auto points = static_cast<std::size_t>(points_to_try());
    std::mt19937 random{7};
    ReplayedDisk disk;
    std::map<std::int32_t, Allowed> allowed;
    for (std::int32_t id = 1; id <= threads * persons_each; ++id)
        allowed[id] = {};
    skip_syncs(true);
    std::size_t tried = 0;
    for (std::size_t index = 0; index < calls.size(); ++index) {
        const auto& call = calls[index];
        disk.apply(call);
        if (call.kind == DiskCall::Kind::mark) {
            const auto& write = writes[call.offset / 2];
            auto& of_person = allowed[write.person];
            if (call.offset % 2 == 0)
                of_person.under_way.emplace(write.digest);
            else {
                of_person.acknowledged = write.digest;
                of_person.under_way.reset();
            }
        }
        for (; tried * calls.size() < (index + 1) * points; ++tried) {
            const TemporaryFolder left;
            disk.leave(left.path(), random);
            const auto fault = fault_of(left.path(), allowed);
            if (!fault.empty()) {
                CAPTURE(index, calls.size(), tried);
                FAIL_CHECK(fault);
            }
        }
    }
    skip_syncs(false);
    WARN(tried << " power cuts over " << calls.size() << " calls");
}

TEST_CASE("a log whose sync failed before the process died damages nothing later", "[sqlite][crash][power]") {
    const TemporaryFolder folder;
    const TemporaryFolder seen; // the files as the next process reads them
    ReplayedDisk disk;
    std::map<std::int32_t, Allowed> allowed;
    std::vector<DiskCall> calls;
    {
        DiskLog log{folder.path()};
        auto store = open_store(folder.path());
        for (std::int32_t id = 1; id <= 20; ++id) {
            auto command = save_command(person(id), static_cast<std::uint32_t>(id));
            allowed[id].acknowledged = command.content->digest;
            REQUIRE(store->save(std::move(command)).has_value());
        }
        store.reset(); // empties the log for the next commit
        auto options = options_for(folder.path());
        options.reopen_delay = std::chrono::hours{1};
        store = open_store(options);
        auto command = save_command(person(21), 21);
        allowed[21].under_way.emplace(command.content->digest);
        // The first commit is the new segment's number.
        const FaultyDisk broken{FaultyDisk::Call::sync, "portrait.db-wal", EIO, 2};
        REQUIRE(store->save(std::move(command)).error() == errc::store_io);
        std::filesystem::copy(folder.path(), seen.path(), std::filesystem::copy_options::recursive);
        std::filesystem::remove(seen / "portrait.db-shm");
        calls = log.take();
    }
    for (const auto& call : calls)
        disk.apply(call);
    disk.lose_pending();
    {
        DiskLog log{seen.path()};
        open_store(seen.path()).reset(); // copies the log into the database
        calls = log.take();
    }
    skip_syncs(true);
    std::mt19937 random{11};
    for (const auto& call : calls) {
        disk.apply(call);
        for (int chance = 0; chance < 8; ++chance) {
            const TemporaryFolder left;
            disk.leave(left.path(), random);
            CHECK(fault_of(left.path(), allowed) == "");
            CHECK(run_sql(left / "portrait.db",
                          "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'") == 0);
        }
    }
    skip_syncs(false);
}

} // namespace power_cut_test
