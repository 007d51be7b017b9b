#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

namespace resident_readers_test {

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

/// Makes the store open a connection for cached reads: a blocking read opens it after a cached read found
/// none.
void warm(SqliteImageStore& store, PersonId person_id) {
    (void)store.cached_info(person_id);
    REQUIRE(store.image(person_id).has_value());
}

} // namespace

TEST_CASE("cached reads return what is in memory, never older than an answered write", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1);
    CHECK_FALSE(store->cached_image(person(1)).has_value()); // no connection is open yet
    warm(*store, person(1));
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

TEST_CASE("cached reads return nothing that must come from the disk", "[sqlite][resident]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    // Rows of more pages than the first ones, which opening reads.
    for (std::int32_t id = 1; id <= 200; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    const auto segment = folder / "pictures" / "00000001.seg";

    // The kernel reads ahead even for a read that mustn't wait, and a quick disk is sometimes faster.
    int tries = 200;
    bool refused = false;
    SECTION("the bytes") {
        warm(*store, person(1));
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
    SECTION("the row") {
        store = nullptr;
        store = open_store(folder.path());
        warm(*store, person(1));
        REQUIRE(store->cached_info(person(1)).has_value());
        std::int32_t id = 210; // another page each time, since SQLite caches pages
        tries = 10;
        for (int count = 0; count < tries && !refused; ++count) {
            if (!forget(folder / "portrait.db")) {
                WARN("this file system keeps everything in memory");
                return;
            }
            id -= 10;
            refused = !store->cached_image(person(id)).has_value();
        }
        CHECK(refused);
        CHECK(is_whole(store->image(person(id)).value()));
        CHECK(store->cached_info(person(id)).has_value());
    }
}

TEST_CASE("cached reads return no long picture", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    REQUIRE(store->save(save_command(person(1), 1, 0, 256 * 1024)).has_value());
    REQUIRE(store->save(save_command(person(2), 2, 0, 256 * 1024 + 1)).has_value());
    warm(*store, person(1));
    warm(*store, person(2));
    CHECK(store->cached_image(person(1)).has_value());
    CHECK_FALSE(store->cached_image(person(2)).has_value());
    CHECK(store->cached_info(person(2)).has_value());
}

TEST_CASE("cached reads return no damaged picture", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    warm(*store, person(1));
    REQUIRE(store->cached_image(person(1)).has_value());
    damage_byte(folder / "pictures" / "00000001.seg", 64 + 500);
    CHECK_FALSE(store->cached_image(person(1)).has_value());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
}

TEST_CASE("cached reads return nothing under another default VFS", "[sqlite][resident]") {
    auto* const system = sqlite3_vfs_find("unix");
    auto other = *system;
    other.zName = "another-vfs";
    REQUIRE(sqlite3_vfs_register(&other, 1) == SQLITE_OK);
    {
        const TemporaryFolder folder;
        const auto store = open_store(folder.path());
        save(*store, person(1), 1);
        warm(*store, person(1));
        CHECK_FALSE(store->cached_image(person(1)).has_value());
        CHECK(is_whole(store->image(person(1)).value()));
    }
    CHECK(sqlite3_vfs_unregister(&other) == SQLITE_OK);
    CHECK(sqlite3_vfs_register(system, 1) == SQLITE_OK);
}

TEST_CASE("cached reads of two open stores return each store's own pictures", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto one = open_store(folder / "one");
    auto two = open_store(folder / "two");
    save(*one, person(1), 1);
    save(*two, person(1), 2);
    warm(*one, person(1));
    warm(*two, person(1));
    CHECK(one->cached_image(person(1))->bytes.text() == content(1).bytes.text());
    CHECK(two->cached_image(person(1))->bytes.text() == content(2).bytes.text());
    two = nullptr;
    CHECK(one->cached_image(person(1))->bytes.text() == content(1).bytes.text());
}

TEST_CASE("a store with cached reads still excludes other processes", "[sqlite][resident]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    warm(*store, person(1));
    REQUIRE(store->cached_image(person(1)).has_value());
    CHECK(rule_of_opening(options_for(folder.path())) == "store.in_use");
    store = nullptr;
    // After a clean close there is no log.
    CHECK_FALSE(std::filesystem::exists(folder / "portrait.db-wal"));
    store = open_store(folder.path());
    CHECK(is_whole(store->image(person(1)).value()));
}

TEST_CASE("SQLite's memory statistics can be disabled only before its first use", "[sqlite][resident]") {
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

} // namespace resident_readers_test
