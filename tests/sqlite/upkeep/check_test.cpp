#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <thread>

namespace check_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

std::string all_of(const sqlite::CheckReport& report) {
    std::string text;
    for (const auto& damage : report.damages)
        text += damage.what + "\n";
    return text;
}

} // namespace

TEST_CASE("a check reads every picture and finds nothing wrong", "[sqlite][check]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    for (std::int32_t id = 1; id <= 30; ++id)
        REQUIRE(store->save(save_command(person(id), static_cast<std::uint32_t>(id), 0, 20'000)).has_value());
    save(*store, person(1), 100); // frees a range
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    const auto report = store->check([&](const sqlite::Progress& progress) {
        CHECK(progress.done >= done);
        done = progress.done;
        total = progress.total;
        return true;
    });
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(all_of(*report) == "");
    CHECK(report->pictures == 30);
    CHECK(report->bytes == 29 * 20'000 + 1000);
    CHECK(done == report->bytes);
    CHECK(total == report->bytes);
}

TEST_CASE("a check ends when its listener returns false", "[sqlite][check]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    CHECK(store->check([](const sqlite::Progress&) { return false; }).error() == errc::cancelled);
}

TEST_CASE("a flipped byte fails its picture alone, and a check names it", "[sqlite][check][fault]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    for (std::int32_t id = 1; id <= 3; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    // Each picture has one block: header, bytes, padding.
    const std::uint64_t within = GENERATE(0U, 20U, 63U, 64U, 1063U);
    CAPTURE(within);
    damage_byte(folder / "pictures" / "00000001.seg", 4096 + within);
    CHECK(store->image(person(2)).error() == errc::store_corrupt);
    CHECK(store->image(person(1)).has_value());
    CHECK(store->image(person(3)).has_value());
    const auto report = store->check().value();
    CHECK_FALSE(report.ok());
    REQUIRE(report.damage_count == 1);
    CHECK(report.damages[0].blob_id == store->info(person(2)).value().blob_id);
    CHECK(report.damages[0].persons == std::vector{person(2)});
    CHECK_THAT(report.damages[0].what, Catch::Contains("00000001.seg at 4096"));
    CHECK(report.pictures == 2);
    // A replaced picture is whole.
    save(*store, person(2), 4);
    CHECK(store->image(person(2)).has_value());
    CHECK(store->check().value().ok());
}

TEST_CASE("a missing segment fails its pictures, and a check names each", "[sqlite][check][fault]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    for (std::int32_t id = 1; id <= 4; ++id)
        REQUIRE(store->save(save_command(person(id), 1, 0, 100'000)).has_value());
    store.reset();
    std::filesystem::remove(folder / "pictures" / "00000001.seg");
    store = open_store(folder.path());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
    CHECK(store->image(person(4)).has_value());
    const auto report = store->check().value();
    CHECK(report.damage_count == 2);
    CHECK_THAT(all_of(report), Catch::Contains("00000001.seg is missing"));
}

TEST_CASE("a corrupt page of the database is reported, and other rows are readable",
          "[sqlite][check][fault]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    constexpr std::int32_t persons = 400; // rows of many pages
    for (std::int32_t id = 1; id <= persons; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    store.reset();
    // A leaf page of the table of blobs.
    const auto page =
        run_sql(folder / "portrait.db", "SELECT pageno FROM dbstat WHERE name = 'blob' AND pagetype = 'leaf' "
                                        "ORDER BY pageno LIMIT 1 OFFSET 5");
    const auto page_size = run_sql(folder / "portrait.db", "PRAGMA page_size");
    {
        std::fstream file{folder / "portrait.db", std::ios::in | std::ios::out | std::ios::binary};
        file.seekp((page - 1) * page_size);
        const std::string rubbish(static_cast<std::size_t>(page_size), '\xa5');
        file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
        REQUIRE(file.good());
    }
    store = open_store(folder.path());
    int whole = 0;
    int corrupt = 0;
    for (std::int32_t id = 1; id <= persons; ++id) {
        const auto stored = store->image(person(id));
        whole += stored.has_value() ? 1 : 0;
        corrupt += !stored && stored.error() == errc::store_corrupt ? 1 : 0;
    }
    CHECK(whole + corrupt == persons);
    CHECK(corrupt > 0);
    CHECK(whole > persons / 2);
    const auto report = store->check();
    REQUIRE(report.has_value());
    CHECK_FALSE(report->ok());
    CHECK_THAT(all_of(*report), Catch::Contains("portrait.db: "));
}

TEST_CASE("a check counts bytes that no row names", "[sqlite][check]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    save(*store, person(2), 2);
    REQUIRE(store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    REQUIRE(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    store.reset(); // sealed, and with a hole before the second picture
    store = open_store(folder.path());
    REQUIRE(eventually([&] { return store->statistics().bytes_to_free == 0; })); // gaps that sealing found
    CHECK(store->check().value().ok());
    damage_byte(folder / "pictures" / "00000001.seg", 100);
    CHECK(store->check().value().unreferenced_bytes == 4096);
    {
        std::ofstream file{folder / "pictures" / "00000001.seg", std::ios::app | std::ios::binary};
        file << std::string(5000, 'x');
    }
    const auto report = store->check().value();
    CHECK(report.unreferenced_bytes == 3 * 4096);
    CHECK(report.damage_count == 0);
    CHECK_FALSE(report.ok());
}

TEST_CASE("a check reports a segment file without a row", "[sqlite][check]") {
    const TemporaryFolder folder;
    open_store(folder.path()).reset();
    std::ofstream{folder / "pictures" / "00000007.seg"} << "another program's";
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    const auto report = store->check().value();
    REQUIRE(report.damage_count == 1);
    CHECK_THAT(report.damages[0].what, Catch::Contains("00000007.seg"));
}

TEST_CASE("a check during writes finds nothing wrong", "[sqlite][check][stress]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    std::atomic<bool> checking{true};
    std::array<std::atomic<std::uint32_t>, 3> rounds{};
    std::vector<std::thread> writers;
    for (std::int32_t writer = 0; writer < 3; ++writer)
        writers.emplace_back([&, writer] {
            for (std::uint32_t round = 0; checking; ++round, ++rounds[static_cast<std::size_t>(writer)])
                if (round % 7 == 6)
                    (void)store->remove(
                        {.target = person(writer + 1), .actor = {}, .now = at(1), .precondition = {}});
                else
                    (void)store->save(save_command(person(writer + 1), round, 0, 20'000));
        });
    int checks = 0;
    std::string found;
    while (checks < 20 ||
           std::any_of(rounds.begin(), rounds.end(), [](const auto& count) { return count < 50; })) {
        const auto report = store->check();
        REQUIRE(report.has_value());
        found += all_of(*report);
        ++checks;
    }
    checking = false;
    for (auto& thread : writers)
        thread.join();
    CHECK(found == "");
}

} // namespace check_test
