#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include "commit/reader_pins.hpp"

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

namespace reclaimer_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

bool nothing_left_to_free(const SqliteImageStore& store) {
    return eventually([&] { return store.statistics().bytes_to_free == 0; });
}

bool contains_bytes(const std::filesystem::path& file, std::string_view bytes) {
    std::ifstream stream{file, std::ios::binary};
    const std::string all{std::istreambuf_iterator{stream}, {}};
    return all.find(bytes) != std::string::npos;
}

} // namespace

TEST_CASE("a replaced picture's bytes are erased from the disk", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto segment = folder / "pictures" / "00000001.seg";
    save(*store, person(1), 1);
    save(*store, person(2), 2);
    REQUIRE(contains_bytes(segment, content(1).bytes.text()));
    save(*store, person(1), 3);
    REQUIRE(nothing_left_to_free(*store));
    CHECK(store->statistics().bytes_freed == 4096);
    CHECK_FALSE(contains_bytes(segment, content(1).bytes.text()));
    CHECK(contains_bytes(segment, content(2).bytes.text()));
    CHECK(is_whole(store->image(person(1)).value()));
    CHECK(is_whole(store->image(person(2)).value()));
}

TEST_CASE("a removed picture's bytes are erased, also after a restart in between", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    save(*store, person(2), 2);
    REQUIRE(
        store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).value().erased);
    store.reset(); // before or after the erasing
    store = open_store(folder.path());
    REQUIRE(nothing_left_to_free(*store));
    CHECK_FALSE(contains_bytes(folder / "pictures" / "00000001.seg", content(1).bytes.text()));
    CHECK(is_whole(store->image(person(2)).value()));
    store.reset();
    CHECK(run_sql(folder / "portrait.db", "SELECT count(*) FROM range_to_free") == 0);
}

TEST_CASE("a full segment without pictures is unlinked", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    const auto first = folder / "pictures" / "00000001.seg";
    for (std::int32_t id = 1; id <= 4; ++id)
        REQUIRE(store->save(save_command(person(id), 1, 0, 100'000)).has_value());
    REQUIRE(std::filesystem::exists(folder / "pictures" / "00000002.seg"));
    for (std::int32_t id = 1; id <= 2; ++id)
        REQUIRE(
            store->remove({.target = person(id), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    CHECK(eventually([&] { return !std::filesystem::exists(first); }));
    CHECK(is_whole(store->image(person(3)).value()));
    CHECK(is_whole(store->image(person(4)).value()));
    // Its number is never used again.
    store.reset();
    CHECK(run_sql(folder / "portrait.db", "SELECT count(*) FROM segment WHERE number = 1") == 0);
    store = open_store(folder.path());
    save(*store, person(5), 5);
    CHECK_FALSE(std::filesystem::exists(first));
}

TEST_CASE("a folder without pictures has no segments after a restart", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    REQUIRE(store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    REQUIRE(nothing_left_to_free(*store));
    store.reset();
    CHECK(std::filesystem::is_empty(folder / "pictures"));
}

TEST_CASE("a segment file without a row is left alone", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    store.reset();
    const auto unknown = folder / "pictures" / "00000007.seg";
    std::ofstream{unknown} << "a later time's";
    store = open_store(folder.path());
    save(*store, person(1), 1);
    CHECK(std::filesystem::exists(folder / "pictures" / "00000008.seg"));
    CHECK(contains_bytes(unknown, "a later time's"));
}

TEST_CASE("readers of a picture that is replaced all the time get whole pictures",
          "[sqlite][reclaim][stress]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 0);
    std::atomic<bool> writing{true};
    std::atomic<int> bad{0};
    std::vector<std::thread> readers;
    for (int index = 0; index < 3; ++index)
        readers.emplace_back([&] {
            while (writing) {
                const auto stored = store->image(person(1));
                if (!stored || !is_whole(*stored))
                    ++bad;
            }
        });
    // Long enough that ranges are erased and segments unlinked while they read.
    for (std::uint32_t round = 1; store->statistics().bytes_freed < 1024 * 1024; ++round)
        REQUIRE(store->save(save_command(person(1), round, 0, 20'000)).has_value());
    writing = false;
    for (auto& reader : readers)
        reader.join();
    CHECK(bad == 0);
}

TEST_CASE("earlier pins are waited for, later ones are not", "[sqlite][reclaim]") {
    sqlite::ReaderPins pins;
    auto before = std::make_unique<sqlite::ReaderPins::Pin>(pins);
    const auto epoch = pins.advance();
    const sqlite::ReaderPins::Pin after{pins};
    std::atomic<bool> dropped{false};
    std::atomic<bool> in_time{false};
    std::thread waiting{[&] {
        pins.wait_until_gone(epoch);
        in_time = dropped.load();
    }};
    dropped = true;
    before.reset();
    waiting.join();
    CHECK(in_time);
    CHECK(pins.wait_until_gone(epoch));
    pins.give_up();
    CHECK_FALSE(pins.wait_until_gone(pins.advance()));
}

} // namespace reclaimer_test
