#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

namespace backup_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

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

bool has_picture(const ImageStore& store, std::int32_t id, std::uint32_t seed) {
    const auto stored = store.image(person(id));
    return stored && is_whole(*stored) && stored->bytes.text() == content(seed).bytes.text();
}

result<RemovedImage> remove(ImageStore& store, std::int32_t id) {
    return store.remove({.target = person(id), .actor = {}, .now = at(1), .precondition = {}});
}

} // namespace

TEST_CASE("a backup opens as a data folder with everything in it", "[sqlite][backup]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 20; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    REQUIRE(store->persons()->add(person(7), "Seven").has_value());
    const auto report = store->backup(folder / "backup");
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(report->pictures == 20);
    CHECK(report->copied_pictures == 20);
    CHECK(report->copied_bytes == 20'000);
    save(*store, person(1), 100); // not in the backup
    CHECK(mode_of(folder / "backup") == 0700);
    CHECK(mode_of(folder / "backup" / "portrait.db") == 0600);
    CHECK(mode_of(folder / "backup" / "pictures" / "00000001.seg") == 0600);

    const auto second = open_store(folder / "backup");
    for (std::int32_t id = 1; id <= 20; ++id)
        CHECK(has_picture(*second, id, static_cast<std::uint32_t>(id)));
    CHECK(second->persons()->contains(person(7)).value());
    CHECK(second->check().value().ok());
    save(*second, person(21), 21);
}

TEST_CASE("a backup into an earlier one copies new pictures and erases removed ones", "[sqlite][backup]") {
    const TemporaryFolder folder;
    auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 10; ++id)
        REQUIRE(store->save(save_command(person(id), static_cast<std::uint32_t>(id), 0, 50'000)).has_value());
    REQUIRE(store->backup(folder / "backup").value().copied_pictures == 10);
    const auto replaced = std::string{content(2, 50'000).bytes.text()};
    REQUIRE(contains_bytes(folder / "backup", replaced));
    SECTION("at once") {}
    SECTION("after a restart") {
        store.reset();
        store = open_store(folder / "data");
    }
    SECTION("after the backup itself was served and not closed well") {
        auto options = options_for(folder / "backup");
        const auto second = open_store(options);
        // Keep the log, as after a kill.
        std::filesystem::copy(folder / "backup" / "portrait.db-wal", folder / "log");
        second->persons()->add(person(9), "Nine").value();
        std::filesystem::copy(folder / "backup" / "portrait.db-wal", folder / "log",
                              std::filesystem::copy_options::overwrite_existing);
    }
    if (std::filesystem::exists(folder / "log"))
        std::filesystem::copy(folder / "log", folder / "backup" / "portrait.db-wal",
                              std::filesystem::copy_options::overwrite_existing);
    REQUIRE(store->save(save_command(person(2), 102, 0, 50'000)).has_value());
    REQUIRE(remove(*store, 5).has_value()); // the fifth shares its segment with the fourth
    for (std::int32_t id = 6; id <= 8; ++id)
        REQUIRE(remove(*store, id).has_value());
    const auto report = store->backup(folder / "backup").value();
    CHECK(report.pictures == 6);
    CHECK(report.copied_pictures == 1);
    CHECK_FALSE(contains_bytes(folder / "backup", replaced));
    CHECK_FALSE(contains_bytes(folder / "backup", content(5, 50'000).bytes.text()));
    CHECK_FALSE(contains_bytes(folder / "backup", content(7, 50'000).bytes.text()));
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder / "backup" / "pictures"})
        bytes += disk_usage(entry.path());
    CHECK(bytes <= 6 * 53'248 + 4 * 4096);

    const auto second = open_store(folder / "backup");
    CHECK(second->image(person(2)).value().bytes.text() == content(102, 50'000).bytes.text());
    CHECK(second->image(person(1)).value().bytes.text() == content(1, 50'000).bytes.text());
    CHECK(second->image(person(5)).error() == errc::image_none);
    CHECK(second->check().value().ok());
}

TEST_CASE("an interrupted backup leaves the earlier one whole, and the next one continues",
          "[sqlite][backup]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 10; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    const bool earlier = GENERATE(false, true);
    if (earlier) {
        REQUIRE(store->backup(folder / "backup").has_value());
        for (std::int32_t id = 1; id <= 10; ++id)
            save(*store, person(id), 100 + static_cast<std::uint32_t>(id));
    }
    const auto stopped = store->backup(folder / "backup", [](const sqlite::Progress& progress) {
        return progress.step != "pictures" || progress.done < 5000;
    });
    REQUIRE(stopped.has_error());
    CHECK(stopped.error() == errc::cancelled);
    if (earlier) {
        const auto second = open_store(folder / "backup");
        for (std::int32_t id = 1; id <= 10; ++id)
            CHECK(has_picture(*second, id, static_cast<std::uint32_t>(id)));
    } else {
        CHECK_FALSE(std::filesystem::exists(folder / "backup" / "portrait.db"));
    }
    const auto report = store->backup(folder / "backup").value();
    CHECK(report.pictures == 10);
    if (!earlier)
        CHECK(report.copied_pictures == 5); // the first backup copied the other five
    const auto second = open_store(folder / "backup");
    for (std::int32_t id = 1; id <= 10; ++id)
        CHECK(has_picture(*second, id, static_cast<std::uint32_t>(id) + (earlier ? 100 : 0)));
    CHECK(second->check().value().ok());
}

TEST_CASE("a backup into a folder with other data is refused", "[sqlite][backup]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    save(*store, person(1), 1);
    const auto rule = [&](const std::filesystem::path& target) {
        const auto report = store->backup(target);
        return report ? "done" : std::string{report.error().rule()};
    };
    SECTION("the data folder itself") {
        CHECK(rule(folder / "data") == "store.in_use");
    }
    SECTION("a folder that a server has open") {
        const auto other = open_store(folder / "other");
        CHECK(rule(folder / "other") == "store.in_use");
    }
    SECTION("another store's folder") {
        const auto other = open_store(folder / "other");
        save(*other, person(2), 2);
        REQUIRE(other->backup(folder / "backup").has_value());
        CHECK(rule(folder / "backup") == "store.in_use");
        CHECK(has_picture(*open_store(folder / "backup"), 2, 2));
    }
    SECTION("another program's database") {
        std::filesystem::create_directory(folder / "backup");
        run_sql(folder / "backup" / "portrait.db", "CREATE TABLE other (id)");
        CHECK(rule(folder / "backup") == "store.not_a_database");
    }
    SECTION("pictures without a database") {
        std::filesystem::create_directories(folder / "backup" / "pictures");
        std::ofstream{folder / "backup" / "pictures" / "00000001.seg"} << "another program's";
        CHECK(rule(folder / "backup") == "store.in_use");
        CHECK(contains_bytes(folder / "backup", "another program's"));
    }
    SECTION("a folder without a parent") {
        CHECK(rule(folder / "missing" / "backup") == "store.folder_missing");
    }
    CHECK(has_picture(*store, 1, 1));
}

TEST_CASE("a backup reports a damaged picture and copies the others", "[sqlite][backup][fault]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 3; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    damage_byte(folder / "data" / "pictures" / "00000001.seg", 4096 + 500);
    const auto report = store->backup(folder / "backup").value();
    CHECK_FALSE(report.ok());
    REQUIRE(report.damages.size() == 1);
    CHECK(report.damages[0].persons == std::vector{person(2)});
    const auto second = open_store(folder / "backup");
    CHECK(has_picture(*second, 1, 1));
    CHECK(second->image(person(2)).error() == errc::store_corrupt);
    CHECK(has_picture(*second, 3, 3));
}

TEST_CASE("a restoration makes a new folder and overwrites nothing", "[sqlite][backup]") {
    const TemporaryFolder folder;
    {
        const auto store = open_store(folder / "data");
        for (std::int32_t id = 1; id <= 5; ++id)
            save(*store, person(id), static_cast<std::uint32_t>(id));
        REQUIRE(store->backup(folder / "backup").has_value());
    }
    const auto rule = [&](const std::filesystem::path& from, const std::filesystem::path& to) {
        const auto report = sqlite::restore(from, to);
        return report ? "done" : std::string{report.error().rule()};
    };
    CHECK(rule(folder / "backup", folder / "data") == "store.in_use");
    CHECK(rule(folder / "nowhere", folder / "new") == "store.not_a_database");
    CHECK(rule(folder / "backup", folder / "backup") == "store.in_use");
    {
        const auto server = open_store(folder / "backup");
        CHECK(rule(folder / "backup", folder / "new") == "store.in_use");
    }
    REQUIRE(sqlite::restore(folder / "backup", folder / "new", [](const sqlite::Progress& progress) {
                return progress.step != "pictures" || progress.done < 3000;
            }).error() == errc::cancelled);
    const auto report = sqlite::restore(folder / "backup", folder / "new").value();
    CHECK(report.pictures == 5);
    CHECK(report.copied_pictures == 2); // those that the interrupted backup lacked
    CHECK(rule(folder / "backup", folder / "new") == "store.in_use");
    auto store = open_store(folder / "new");
    for (std::int32_t id = 1; id <= 5; ++id)
        CHECK(has_picture(*store, id, static_cast<std::uint32_t>(id)));
    CHECK(store->check().value().ok());
    // Further writes and backups into the same folder work.
    save(*store, person(1), 11);
    CHECK(store->backup(folder / "backup").value().copied_pictures == 1);
    store.reset();
    CHECK(has_picture(*open_store(folder / "backup"), 1, 11));
}

TEST_CASE("each backup during writes is the state of one moment", "[sqlite][backup][stress]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    // One writer gives the persons pictures in rounds: at any moment those of the front have round n, the
    // others n - 1.
    constexpr std::int32_t persons = 12;
    std::atomic<bool> writing{true};
    std::atomic<std::uint32_t> round{0};
    std::thread writer{[&] {
        for (; writing; ++round)
            for (std::int32_t id = 1; id <= persons; ++id)
                (void)store->save(
                    save_command(person(id), round * 100 + static_cast<std::uint32_t>(id), 0, 20'000));
    }};
    while (round < 2)
        std::this_thread::yield();
    for (int times = 0; times < 12; ++times) {
        const auto name = times % 3 == 0 ? "backup-" + std::to_string(times) : std::string{"backup"};
        const auto before = round.load();
        const auto report = store->backup(folder / name.c_str());
        REQUIRE(report.has_value());
        CHECK(report->ok());
        const auto second = open_store(folder / name.c_str());
        const auto round_of = [&](std::int32_t id) {
            const auto stored = second->image(person(id)).value();
            CHECK(is_whole(stored));
            for (auto guess = before == 0 ? 0 : before - 1; guess <= round; ++guess)
                if (stored.bytes.text() ==
                    content(guess * 100 + static_cast<std::uint32_t>(id), 20'000).bytes.text())
                    return std::int64_t{guess};
            return std::int64_t{-1};
        };
        auto newest = round_of(1);
        CHECK(newest >= 0);
        int steps = 0;
        for (std::int32_t id = 2; id <= persons; ++id) {
            const auto its = round_of(id);
            CHECK((its == newest || its == newest - 1));
            steps += its != newest ? 1 : 0;
            newest = its;
        }
        CHECK(steps <= 1);
        CHECK(second->check().value().ok());
    }
    writing = false;
    writer.join();
}

TEST_CASE("a segment isn't unlinked before a backup has copied it", "[sqlite][backup]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    for (std::int32_t id = 1; id <= 6; ++id)
        REQUIRE(
            store->save(save_command(person(id), static_cast<std::uint32_t>(id), 0, 100'000)).has_value());
    bool removed = false;
    const auto freed = store->statistics().bytes_freed;
    const auto report = store->backup(folder / "backup", [&](const sqlite::Progress& progress) {
        if (progress.step == "pictures" && !removed) {
            removed = true;
            for (std::int32_t id = 1; id <= 6; ++id)
                REQUIRE(remove(*store, id).has_value());
            std::this_thread::sleep_for(std::chrono::milliseconds{500}); // time for a wrong unlink
            CHECK(store->statistics().bytes_freed == freed);
        }
        return true;
    });
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(report->copied_pictures == 6);
    CHECK(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    const auto second = open_store(folder / "backup");
    for (std::int32_t id = 1; id <= 6; ++id)
        CHECK(second->image(person(id)).has_value());
}

} // namespace backup_test
