#include "faulty_disk.hpp"
#include "power_cuts.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace power_cut_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::is_whole;
using conformance::link_command;
using conformance::person;
using conformance::save_command;

namespace {

/// A write of a workload.
struct Step {
    enum class Kind { save, remove, link, unlink, erase };

    Kind kind{};
    std::int32_t person = 0;
    std::uint32_t seed = 0;        ///< of the picture that is saved or erased
    std::size_t size = 0;          ///< of that picture
    std::int32_t donor = 0;        ///< of a link: the person whose blob it is
    std::optional<Digest> after{}; ///< the person's picture after it
};

/// The steps of each thread.
using Workload = std::vector<std::vector<Step>>;

/// Saves and removals of the persons from `first` to `last`, in an order that depends on the thread only.
std::vector<Step> saves_and_removals(std::uint32_t thread, std::uint32_t count, std::int32_t first,
                                     std::int32_t last, std::size_t largest) {
    std::vector<Step> steps;
    std::mt19937 random{thread};
    for (std::uint32_t index = 0; index < count; ++index) {
        Step step{Step::Kind::remove, first};
        step.person += static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(last - first + 1));
        if (random() % 5 != 0) {
            step.kind = Step::Kind::save;
            step.seed = thread * 10'000 + index;
            step.size = 300 + random() % largest;
            step.after = conformance::content(step.seed, step.size).digest;
        }
        steps.push_back(step);
    }
    return steps;
}

/// Saves, links to the blobs of two donors, unlinkings and erasures, of six persons of the thread.
std::vector<Step> links_and_erasures(std::uint32_t thread, std::uint32_t count) {
    std::vector<Step> steps;
    std::mt19937 random{thread};
    const auto one_of_two = [&](std::int32_t first) {
        return static_cast<std::int32_t>(thread) * 6 + first + static_cast<std::int32_t>(random() % 2);
    };
    std::map<std::int32_t, Step> last; // of each person
    for (std::uint32_t index = 0; index < count; ++index) {
        const auto donor = one_of_two(1);
        const auto heir = one_of_two(3);
        const auto erased = one_of_two(5);
        const auto choice = random() % 6;
        Step step{Step::Kind::save, choice < 2 ? donor : choice == 2 ? heir : erased};
        if (choice == 3)
            step = {Step::Kind::link, heir, 0, 0, donor, last[donor].after};
        else if (choice == 4)
            step = {Step::Kind::unlink, heir};
        else if (choice == 5 && last[erased].after)
            step = {Step::Kind::erase, erased, last[erased].seed, last[erased].size};
        if (step.kind == Step::Kind::link && !step.after)
            step = {Step::Kind::save, donor};
        if (step.kind == Step::Kind::save) {
            step.seed = thread * 10'000 + index;
            step.size = 600 + random() % 9000;
            step.after = conformance::content(step.seed, step.size).digest;
        }
        last[step.person] = step;
        steps.push_back(step);
    }
    return steps;
}

bool do_step(SqliteImageStore& store, const Step& step) {
    const auto target = person(step.person);
    switch (step.kind) {
    case Step::Kind::save: return store.save(save_command(target, step.seed, 0, step.size)).has_value();
    case Step::Kind::remove: {
        const auto removed = store.remove({.target = target, .actor = {}, .now = at(1), .precondition = {}});
        return removed || removed.error() == errc::image_none;
    }
    case Step::Kind::link: {
        const auto donor = store.info(person(step.donor));
        return donor && store.link(link_command(target, donor->blob_id)).has_value();
    }
    case Step::Kind::unlink:
        return store.unlink({.person_id = target, .actor = {}, .now = at(1)}).has_value();
    case Step::Kind::erase: {
        const auto erased = store.erase({.person_id = target, .actor = {}, .now = at(1)});
        return erased && erased->unproven.empty();
    }
    }
    return false;
}

/// Runs a workload on a new folder. The mark 2n is the begin of step n, in the order of the threads, and
/// 2n + 1 its acknowledgement.
std::vector<DiskCall> record(const Workload& workload) {
    const TemporaryFolder folder;
    DiskLog log{folder.path()};
    {
        const auto store = open_store(folder.path());
        std::atomic<int> failures{0};
        std::vector<std::thread> writers;
        std::uint64_t first = 0;
        for (const auto& steps : workload) {
            writers.emplace_back([&, first] {
                for (std::size_t index = 0; index < steps.size(); ++index) {
                    log.mark(2 * (first + index));
                    failures += !do_step(*store, steps[index]);
                    log.mark(2 * (first + index) + 1);
                }
            });
            first += steps.size();
        }
        for (auto& writer : writers)
            writer.join();
        REQUIRE(failures == 0);
        CHECK(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    }
    open_store(folder.path()); // continues with the files, and closes them
    return log.take();
}

/// What a power cut may leave of the steps so far.
class Promises {
public:
    explicit Promises(const Workload& workload) {
        for (const auto& steps : workload)
            for (const auto& step : steps) {
                steps_.push_back(step);
                pictures_[step.person] = {Picture{.acknowledged = 0}};
            }
        begun_.resize(steps_.size());
    }

    /// Takes the begin or the acknowledgement of a step: see `record`.
    void mark(std::uint64_t number) {
        const auto& step = steps_.at(number / 2);
        auto& begun = begun_.at(number / 2);
        auto& pictures = pictures_[step.person];
        ++now_;
        if (number % 2 == 0) {
            begun = now_;
            pictures.push_back({.digest = step.after, .begun = begun});
            return;
        }
        // Writes at the same time have any order.
        std::erase_if(pictures, [&](const Picture& other) { return other.acknowledged < begun; });
        for (auto& picture : pictures)
            if (picture.begun == begun)
                picture.acknowledged = now_;
        if (step.kind == Step::Kind::erase)
            gone_.emplace_back(conformance::content(step.seed, step.size).bytes.text().substr(0, 64));
    }

    /// The fault of a folder after a power cut now, or an empty text.
    std::string fault_of(const std::filesystem::path& folder) const {
        std::filesystem::create_directory(folder);
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
            if (entry.is_regular_file() && has_gone_bytes(entry.path()))
                return entry.path().filename().string() + " has the bytes of an erased picture";
        const auto opened = SqliteImageStore::open(options_for(folder));
        if (!opened)
            return "it doesn't open: " + std::string{opened.error().rule()} + " " + opened.error().cause();
        for (const auto& [id, pictures] : pictures_)
            if (auto fault = fault_of(**opened, id, pictures); !fault.empty())
                return "person " + std::to_string(id) + " " + fault;
        const auto report = (*opened)->check();
        if (!report || report->damage_count != 0)
            return "the check finds " + (report ? report->damages.at(0).what : report.error().cause());
        const auto saved = (*opened)->save(save_command(person(1), 999'999));
        return saved ? "" : "it takes no writes: " + saved.error().cause();
    }

private:
    static constexpr std::uint64_t never = ~std::uint64_t{0};
    struct Picture {
        std::optional<Digest> digest{};
        std::uint64_t begun = 0;
        std::uint64_t acknowledged = never;
    };

    static std::string fault_of(const SqliteImageStore& store, std::int32_t id,
                                const std::vector<Picture>& pictures) {
        const auto stored = store.image(person(id));
        if (!stored && stored.error() != errc::image_none)
            return "can't be read: " + stored.error().cause();
        if (stored && !is_whole(*stored))
            return "has a picture that isn't whole";
        const auto digest = stored ? std::optional{stored->info.digest} : std::nullopt;
        const bool is_allowed = std::any_of(pictures.begin(), pictures.end(),
                                            [&](const Picture& picture) { return picture.digest == digest; });
        return is_allowed ? "" : "has lost an acknowledged write";
    }

    bool has_gone_bytes(const std::filesystem::path& path) const {
        if (gone_.empty())
            return false;
        std::ifstream stream{path, std::ios::binary};
        const std::string all{std::istreambuf_iterator{stream}, {}};
        return std::any_of(gone_.begin(), gone_.end(),
                           [&](const std::string& bytes) { return all.find(bytes) != std::string::npos; });
    }

    std::vector<Step> steps_;
    std::vector<std::uint64_t> begun_;                      ///< of each step
    std::map<std::int32_t, std::vector<Picture>> pictures_; ///< each person has one of these
    std::vector<std::string> gone_;                         ///< the first bytes of erased pictures
    std::uint64_t now_ = 0;
};

void cut_power_of(const Workload& workload, std::size_t cuts) {
    const auto calls = record(workload);
    REQUIRE(calls.size() > 200);
    Promises promises{workload};
    ReplayedDisk disk;
    cut_power(
        disk, calls, power_cuts(cuts), [&](std::uint64_t number) { promises.mark(number); },
        [&](const std::filesystem::path& left) { return promises.fault_of(left); });
}

} // namespace

TEST_CASE("a folder opens after any power cut and has every acknowledged write", "[sqlite][crash][power]") {
    cut_power_of({saves_and_removals(0, 30, 1, 5, 9000), saves_and_removals(1, 30, 6, 10, 9000),
                  saves_and_removals(2, 30, 11, 15, 9000), saves_and_removals(3, 30, 16, 20, 9000)},
                 PORTRAIT_DEFAULT_POWER_CUTS);
}

TEST_CASE("pictures that several writers replace survive power cuts", "[sqlite][crash][power]") {
    cut_power_of({saves_and_removals(0, 25, 1, 3, 9000), saves_and_removals(1, 25, 1, 3, 9000),
                  saves_and_removals(2, 25, 1, 3, 9000)},
                 PORTRAIT_DEFAULT_POWER_CUTS / 3);
}

TEST_CASE("links and erasures survive power cuts, and erased bytes don't", "[sqlite][crash][power]") {
    cut_power_of({links_and_erasures(0, 30), links_and_erasures(1, 30)}, PORTRAIT_DEFAULT_POWER_CUTS / 3);
}

TEST_CASE("power cuts lose nothing while segments are freed and deleted", "[sqlite][crash][power]") {
    cut_power_of({saves_and_removals(0, 25, 1, 2, 90'000), saves_and_removals(1, 25, 3, 4, 90'000)},
                 PORTRAIT_DEFAULT_POWER_CUTS / 3);
}

TEST_CASE("a data folder that was made just before survives power cuts", "[sqlite][crash][power]") {
    const Workload workload{saves_and_removals(0, 3, 1, 2, 2000)};
    const TemporaryFolder place;
    DiskLog log{place.path()};
    std::filesystem::create_directory(place / "data"); // by the operator, or by a process that was killed
    {
        const auto store = open_store(place / "data");
        for (std::uint64_t step = 0; step < 3; ++step) {
            log.mark(2 * step);
            REQUIRE(do_step(*store, workload[0][step]));
            log.mark(2 * step + 1);
        }
    }
    Promises promises{workload};
    ReplayedDisk disk;
    cut_power(
        disk, log.take(), power_cuts(PORTRAIT_DEFAULT_POWER_CUTS / 6),
        [&](std::uint64_t number) { promises.mark(number); },
        [&](const std::filesystem::path& left) { return promises.fault_of(left / "data"); });
}

TEST_CASE("a log whose sync failed before the process died damages nothing later", "[sqlite][crash][power]") {
    const TemporaryFolder folder;
    const TemporaryFolder seen; // the files as the next process reads them
    ReplayedDisk disk;
    std::vector<Step> steps;
    for (std::int32_t id = 1; id <= 21; ++id) {
        const auto seed = static_cast<std::uint32_t>(id);
        steps.push_back({Step::Kind::save, id, seed, 1000, 0, conformance::content(seed).digest});
    }
    const Workload workload{steps};
    Promises promises{workload};
    std::vector<DiskCall> calls;
    {
        DiskLog log{folder.path()};
        auto store = open_store(folder.path());
        for (std::uint64_t step = 0; step < 20; ++step) {
            promises.mark(2 * step);
            REQUIRE(do_step(*store, steps[step]));
            promises.mark(2 * step + 1);
        }
        store.reset(); // empties the log for the next commit
        auto options = options_for(folder.path());
        options.reopen_delay = std::chrono::hours{1};
        store = open_store(options);
        promises.mark(2 * 20);
        // The first commit is the new segment's number.
        const FaultyDisk broken{FaultyDisk::Call::sync, "portrait.db-wal", EIO, 2};
        REQUIRE(store->save(save_command(person(21), 21)).error() == errc::store_io);
        std::filesystem::copy(folder.path(), seen.path(), std::filesystem::copy_options::recursive);
        std::filesystem::remove(seen / "portrait.db-shm");
        calls = log.take();
    }
    for (const auto& call : calls)
        disk.apply(call);
    disk.lose_pending();
    disk.begin_log();
    {
        DiskLog log{seen.path()};
        open_store(seen.path()).reset(); // copies the log into the database
        calls = log.take();
    }
    REQUIRE(!calls.empty());
    cut_power(
        disk, calls, 8 * calls.size(), [](std::uint64_t) {},
        [&](const std::filesystem::path& left) {
            auto fault = promises.fault_of(left);
            if (fault.empty() &&
                run_sql(left / "portrait.db",
                        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'") != 0)
                fault = "SQLite's check finds faults";
            return fault;
        });
}

} // namespace power_cut_test
