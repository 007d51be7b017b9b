#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

namespace cached_reads_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

/// Drops a file from the page cache. False when the file system keeps it, such as one in memory. Checks by
/// mincore, because reading would load the file again.
bool forget(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    REQUIRE(::fsync(file) == 0);
    REQUIRE(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const mapped = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, file, 0);
    REQUIRE(mapped != MAP_FAILED);
    unsigned char resident = 0;
    REQUIRE(::mincore(mapped, page, &resident) == 0);
    ::munmap(mapped, page);
    ::close(file);
    return (resident & 1U) == 0;
}

} // namespace

TEST_CASE("cached reads return what is in memory, never older than an answered write", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1);
    for (int again = 0; again < 2; ++again) {
        const auto stored = store->cached_image(person(1));
        REQUIRE(stored.has_value());
        CHECK(stored->info.version() == first.info.version());
        CHECK(stored->bytes.text() == content(1).bytes.text());
        CHECK(store->cached_info(person(1))->version() == first.info.version());
    }
    for (std::uint32_t seed = 2; seed < 50; ++seed) {
        const auto saved = save(*store, person(1), seed);
        const auto stored = store->cached_image(person(1));
        REQUIRE(stored.has_value());
        CHECK(stored->info.version() == saved.info.version());
        CHECK(is_whole(*stored));
    }
    REQUIRE(store
                ->remove({.target = person(1),
                          .actor = conformance::actor(1),
                          .now = conformance::at(1),
                          .precondition = {}})
                .has_value());
    CHECK_FALSE(store->cached_image(person(1)).has_value());
    CHECK_FALSE(store->cached_info(person(1)).has_value());
    CHECK_FALSE(store->cached_image(person(2)).has_value());
}

TEST_CASE("cached reads return nothing that must come from the disk", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    const auto segment = folder / "pictures" / "00000001.seg";

    // The kernel reads ahead even for a read that mustn't wait, and a quick disk is sometimes faster.
    constexpr int tries = 200;
    bool refused = false;
    REQUIRE(store->cached_image(person(1)).has_value());
    for (int count = 0; count < tries && !refused; ++count) {
        if (!forget(segment)) {
            WARN("this file system keeps everything in memory");
            return;
        }
        refused = !store->cached_image(person(1)).has_value();
    }
    CHECK(refused);
    CHECK(store->cached_info(person(1)).has_value());
    CHECK(is_whole(store->image(person(1)).value()));
    CHECK(store->cached_image(person(1)).has_value());
}

TEST_CASE("cached reads return no long picture", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    REQUIRE(store->save(save_command(person(1), 1, 0, 256 * 1024)).has_value());
    REQUIRE(store->save(save_command(person(2), 2, 0, 256 * 1024 + 1)).has_value());
    CHECK(store->cached_image(person(1)).has_value());
    CHECK_FALSE(store->cached_image(person(2)).has_value());
    CHECK(store->cached_info(person(2)).has_value());
}

TEST_CASE("cached reads return no damaged picture", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    REQUIRE(store->cached_image(person(1)).has_value());
    damage_byte(folder / "pictures" / "00000001.seg", 64 + 500);
    CHECK_FALSE(store->cached_image(person(1)).has_value());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
}

TEST_CASE("cached reads of two open stores return each store's own pictures", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto one = open_store(folder / "one");
    auto two = open_store(folder / "two");
    save(*one, person(1), 1);
    save(*two, person(1), 2);
    CHECK(one->cached_image(person(1))->bytes.text() == content(1).bytes.text());
    CHECK(two->cached_image(person(1))->bytes.text() == content(2).bytes.text());
    two = nullptr;
    CHECK(one->cached_image(person(1))->bytes.text() == content(1).bytes.text());
}

TEST_CASE("a store with cached reads still excludes other processes", "[sqlite][index]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    REQUIRE(store->cached_image(person(1)).has_value());
    CHECK(rule_of_opening(options_for(folder.path())) == "store.in_use");
    store = nullptr;
    // After a clean close there is no log.
    CHECK_FALSE(std::filesystem::exists(folder / "portrait.db-wal"));
    store = open_store(folder.path());
    CHECK(is_whole(store->image(person(1)).value()));
}

TEST_CASE("SQLite's memory statistics can be disabled only before its first use", "[sqlite][index]") {
    REQUIRE(sqlite3_shutdown() == SQLITE_OK); // as before its first use
    CHECK(sqlite::forgo_memory_statistics());
    {
        const TemporaryFolder folder;
        const auto store = open_store(folder.path());
        save(*store, person(1), 1);
        CHECK(is_whole(store->image(person(1)).value()));
        CHECK(sqlite3_memory_used() == 0);
        CHECK_FALSE(sqlite::forgo_memory_statistics());
    }
    REQUIRE(sqlite3_shutdown() == SQLITE_OK);
    REQUIRE(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1) == SQLITE_OK);
}

} // namespace cached_reads_test
