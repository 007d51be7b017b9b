#include "power_cuts.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace copy_power_cut_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::description_of;
using conformance::person;
using conformance::removal_of;
using conformance::save_command;

namespace {

namespace fs = std::filesystem;

constexpr std::int32_t most_persons = 16;
constexpr std::size_t cuts = PORTRAIT_DEFAULT_POWER_CUTS / 3;

/// The digests of the persons' pictures.
using Pictures = std::map<std::int32_t, Digest>;

Pictures pictures_of(const ImageStore& store) {
    Pictures pictures;
    for (std::int32_t id = 1; id <= most_persons; ++id)
        if (const auto stored = store.image(person(id)))
            pictures.emplace(id, digest_of(stored->bytes.view()));
    return pictures;
}

void save(ImageStore& store, std::int32_t id, std::uint32_t seed) {
    REQUIRE(store.save(save_command(person(id), seed, 0, 500 + seed * 37 % 20'000)).has_value());
}

std::string first_bytes(const ImageStore& store, std::int32_t id) {
    return std::string{store.image(person(id)).value().bytes.text().substr(0, 64)};
}

/// A store with twelve pictures.
std::unique_ptr<SqliteImageStore> make_store(const fs::path& folder) {
    auto store = open_store(folder);
    for (std::int32_t id = 1; id <= 12; ++id)
        save(*store, id, static_cast<std::uint32_t>(id));
    return store;
}

/// Replaces, removes and adds pictures. Returns the first bytes of the pictures that are gone.
std::vector<std::string> change_pictures(SqliteImageStore& store) {
    std::vector<std::string> gone;
    for (const std::int32_t id : {1, 2, 3, 4})
        gone.push_back(first_bytes(store, id));
    save(store, 1, 101);
    save(store, 2, 102);
    for (const std::int32_t id : {3, 4})
        REQUIRE(store.remove(removal_of(person(id))).has_value());
    save(store, 13, 113);
    save(store, 14, 114);
    REQUIRE(eventually([&] { return store.statistics().bytes_to_free == 0; }));
    return gone;
}

std::string text_of(const Error& error) {
    return std::string{error.rule()} + " " + error.cause();
}

/// The pictures of a data folder, or the fault of it.
std::pair<Pictures, std::string> opened_pictures(const fs::path& folder) {
    const auto opened = SqliteImageStore::open(options_for(folder));
    if (!opened)
        return {{}, "it doesn't open: " + text_of(opened.error())};
    const auto report = (*opened)->check();
    if (!report || !report->ok())
        return {{}, "the check finds damages"};
    return {pictures_of(**opened), {}};
}

/// The fault of a folder with one of these pictures, or an empty text. It is a backup, and is restored first.
std::string fault_of_backup(const fs::path& backup, const std::vector<Pictures>& allowed) {
    const TemporaryFolder place;
    const auto restored = sqlite::restore(backup, place / "data");
    if (!restored)
        return "it can't be restored: " + text_of(restored.error());
    if (!restored->ok())
        return "a picture is damaged: " + restored->damages.at(0).what;
    const auto [pictures, fault] = opened_pictures(place / "data");
    if (!fault.empty())
        return fault;
    return std::find(allowed.begin(), allowed.end(), pictures) != allowed.end() ? ""
                                                                                : "it has other pictures";
}

bool has_bytes(const fs::path& folder, const std::vector<std::string>& gone) {
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (!entry.is_regular_file())
            continue;
        std::ifstream stream{entry.path(), std::ios::binary};
        const std::string all{std::istreambuf_iterator{stream}, {}};
        for (const auto& bytes : gone)
            if (all.find(bytes) != std::string::npos)
                return true;
    }
    return false;
}

} // namespace

TEST_CASE("a backup that ended survives power cuts, and so does the earlier one until then",
          "[sqlite][crash][power]") {
    const TemporaryFolder source;
    const TemporaryFolder place;
    const auto store = make_store(source.path());
    const auto first = pictures_of(*store);
    DiskLog log{place.path()};
    REQUIRE(store->backup(place / "backup").has_value());
    log.mark(1);
    const auto gone = change_pictures(*store);
    const auto second = pictures_of(*store);
    log.mark(2);
    REQUIRE(store->backup(place / "backup").has_value());
    log.mark(3);
    const auto calls = log.take();

    std::uint64_t marked = 0;
    std::size_t judged = 0;
    ReplayedDisk disk;
    cut_power(
        disk, calls, power_cuts(cuts), [&](std::uint64_t number) { marked = number; },
        [&](const fs::path& left) -> std::string {
            const auto backup = left / "backup";
            const auto allowed = marked < 2    ? std::vector{first}
                                 : marked == 2 ? std::vector{first, second}
                                               : std::vector{second};
            const bool may_be_missing = marked == 0;
            if (!may_be_missing || fs::exists(backup / "portrait.db"))
                if (auto fault = fault_of_backup(backup, allowed); !fault.empty())
                    return fault;
            if (marked == 3)
                return has_bytes(backup, gone) ? "it has bytes of a picture that is gone" : "";
            if (++judged % 3 != 0)
                return "";
            const auto continued = store->backup(backup);
            if (!continued)
                return "it can't be continued: " + text_of(continued.error());
            if (auto fault = fault_of_backup(backup, {second}); !fault.empty())
                return "continued: " + fault;
            return has_bytes(backup, gone) ? "continued, it has bytes of a picture that is gone" : "";
        });
}

TEST_CASE("a backup into one that a server has used survives power cuts", "[sqlite][crash][power]") {
    const TemporaryFolder source;
    const TemporaryFolder used;
    const TemporaryFolder place;
    const auto store = make_store(source.path());
    const auto first = pictures_of(*store);
    REQUIRE(store->backup(used / "backup").has_value());
    {
        // As kill -9 leaves it: with a log.
        const auto server = open_store(used / "backup");
        for (std::int32_t id = 1; id <= 12; ++id)
            REQUIRE(server->update_info(description_of(person(id), std::string(3000, 'x'))).has_value());
        fs::copy(used / "backup", place / "backup", fs::copy_options::recursive);
    }
    fs::remove(place / "backup" / "portrait.db-shm");
    REQUIRE(fs::file_size(place / "backup" / "portrait.db-wal") > 0);
    change_pictures(*store);
    const auto second = pictures_of(*store);
    ReplayedDisk disk;
    disk.load(place.path());
    DiskLog log{place.path()};
    REQUIRE(store->backup(place / "backup").has_value());
    log.mark(1);
    const auto calls = log.take();

    bool ended = false;
    cut_power(
        disk, calls, power_cuts(cuts), [&](std::uint64_t) { ended = true; },
        [&](const fs::path& left) {
            return fault_of_backup(left / "backup", ended ? std::vector{second} : std::vector{first, second});
        });
}

TEST_CASE("a restored folder survives power cuts, and an interrupted restoration is continued",
          "[sqlite][crash][power]") {
    const TemporaryFolder source;
    const TemporaryFolder place;
    const auto store = make_store(source / "data");
    const auto pictures = pictures_of(*store);
    const auto backup = source / "backup";
    REQUIRE(store->backup(backup).has_value());
    // Erased after the backup, so a restoration with the data folder leaves it out.
    REQUIRE(store->erase({.person_id = person(5), .actor = {}, .now = at(9)}).has_value());
    auto expected = pictures;
    expected.erase(5);
    const auto restore_into = [&](const fs::path& folder) {
        return sqlite::restore(backup, folder, {}, source / "data");
    };
    DiskLog log{place.path()};
    REQUIRE(restore_into(place / "data").has_value());
    log.mark(1);
    const auto calls = log.take();

    bool ended = false;
    ReplayedDisk disk;
    cut_power(
        disk, calls, power_cuts(cuts), [&](std::uint64_t) { ended = true; },
        [&](const fs::path& left) -> std::string {
            const auto folder = left / "data";
            if (!ended && !fs::exists(folder / "portrait.db"))
                if (const auto restored = restore_into(folder); !restored)
                    return "it can't be continued: " + text_of(restored.error());
            const auto opened = SqliteImageStore::open(options_for(folder));
            if (opened && (*opened)->epoch() == store->epoch())
                return "it has the backup's epoch";
            if (!opened)
                return "it doesn't open: " + text_of(opened.error());
            if (const auto report = (*opened)->check(); !report || !report->ok())
                return "the check finds damages";
            return pictures_of(**opened) == expected ? "" : "it has other pictures";
        });
}

} // namespace copy_power_cut_test
