#include "disk_log.hpp"
#include "faulty_disk.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <map>
#include <set>

namespace fault_sweep_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::is_whole;
using conformance::person;
using conformance::save_command;

namespace {

using Call = FaultyDisk::Call;

/// The pictures that a person may have: several digests after a write in doubt, absent for no picture.
using Possible = std::map<std::int32_t, std::set<std::string>>;

constexpr std::int32_t persons = 4;

std::string state_of(const SqliteImageStore& store, std::int32_t id) {
    const auto stored = store.image(person(id));
    if (stored)
        return is_whole(*stored) ? stored->info.digest.to_string() : "not whole";
    return stored.error() == errc::image_none ? "none" : std::string{stored.error().rule()};
}

bool is_of_the_disk(const Error& error, int error_number) {
    if (error_number == ENOSPC && error == errc::store_full)
        return true;
    return error == errc::store_io || error == errc::store_closed;
}

/// Saves, replaces and removes; notes the possible pictures of each person, and all errors.
void work(SqliteImageStore& store, Possible& possible, std::vector<Error>& errors) {
    for (std::uint32_t round = 0; round < 12; ++round) {
        const auto id = static_cast<std::int32_t>(round) % persons + 1;
        const auto note = [&](const auto& outcome, const std::string& state) {
            if (outcome)
                possible[id] = {state};
            else {
                possible[id].insert(state);
                errors.push_back(outcome.error());
            }
        };
        if (round % 6 == 5) {
            const auto removed =
                store.remove({.target = person(id), .actor = {}, .now = at(1), .precondition = {}});
            if (removed || removed.error() != errc::image_none)
                note(removed, "none");
        } else {
            auto command = save_command(person(id), round + 1, 0, 30'000);
            const auto digest = command.content->digest.to_string();
            note(store.save(std::move(command)), digest);
        }
    }
}

void check_states(const SqliteImageStore& store, const Possible& possible) {
    for (const auto& [id, states] : possible) {
        const auto state = state_of(store, id);
        CAPTURE(id, state);
        CHECK(states.contains(state));
    }
}

/// Runs the work on a new store whose n-th call fails. Returns the number of such calls.
int run_with_fault(Call call, const char* file, int error_number, int nth) {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    Possible possible;
    for (std::int32_t id = 1; id <= persons; ++id)
        possible[id] = {"none"};
    std::vector<Error> errors;
    int seen = 0;
    int failed = 0;
    {
        const FaultyDisk fault{call, file, error_number, nth};
        work(*store, possible, errors);
        seen = fault.seen();
        failed = fault.failed();
    }
    CAPTURE(file, error_number, nth);
    if (failed == 0)
        CHECK(errors.empty());
    for (const auto& error : errors) {
        CAPTURE(error.rule(), error.cause());
        CHECK(is_of_the_disk(error, error_number));
    }
    check_states(*store, possible);
    // The disk works again, so the store reopens.
    REQUIRE(eventually([&] { return store->writable().has_value(); }));
    check_states(*store, possible);
    std::vector<Error> later;
    work(*store, possible, later);
    CHECK(later.empty());
    check_states(*store, possible);
    store.reset();
    store = open_store(folder.path());
    check_states(*store, possible);
    return seen;
}

} // namespace

TEST_CASE("a fault at any call loses nothing, and the store recovers from it", "[sqlite][fault]") {
    struct Sweep {
        Call call;
        const char* file;
        int error_number;
    };
    const auto sweep = GENERATE(values<Sweep>({{Call::write, ".seg", ENOSPC},
                                               {Call::write, ".seg", EIO},
                                               {Call::write, "portrait.db-wal", ENOSPC},
                                               {Call::write, "portrait.db-wal", EIO},
                                               {Call::allocate, ".seg", ENOSPC},
                                               {Call::allocate, ".seg", EIO},
                                               {Call::sync, ".seg", EIO},
                                               {Call::sync, ".seg", ENOSPC},
                                               {Call::sync, "portrait.db-wal", EIO},
                                               {Call::sync, "pictures", EIO}}));
    skip_syncs(true); // except those that must fail: nothing here depends on the others, and there are many
    const auto calls = run_with_fault(sweep.call, sweep.file, sweep.error_number, 0);
    REQUIRE(calls > 0);
    // One more, since background threads may make one more call.
    for (int nth = 1; nth <= calls + 1; ++nth)
        run_with_fault(sweep.call, sweep.file, sweep.error_number, nth);
    skip_syncs(false);
    WARN(sweep.file << " errno " << sweep.error_number << ": " << calls << " calls");
}

} // namespace fault_sweep_test
