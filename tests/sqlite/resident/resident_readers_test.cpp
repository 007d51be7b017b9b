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

/// Has the system forget what it holds of a file; false where it keeps it all the same, as in a file system
/// that is nothing but memory. It is looked at without reading, which would have the system fetch it again.
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

/// Has a connection made for those who can't wait: somebody who can has to come by after one was lacking.
void warm(SqliteImageStore& store, PersonId person_id) {
    (void)store.cached_info(person_id);
    REQUIRE(store.image(person_id).has_value());
}

} // namespace

TEST_CASE("what is in memory is at hand, and never older than an answered write", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1);
    CHECK_FALSE(store->cached_image(person(1)).has_value()); // there is no connection yet
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

TEST_CASE("what would have to come from the disk isn't at hand", "[sqlite][resident]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    // Rows of more pages than the first few, which opening reads.
    for (std::int32_t id = 1; id <= 200; ++id)
        save(*store, person(id), static_cast<std::uint32_t>(id));
    const auto segment = folder / "pictures" / "00000001.seg";

    // Now and then the disk is quicker than the question.
    constexpr int tries = 10;
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
        std::int32_t id = 210; // each time another page, since SQLite keeps those it has read
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

TEST_CASE("a long picture is left to those who can wait", "[sqlite][resident]") {
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

TEST_CASE("a damaged picture isn't at hand", "[sqlite][resident]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    warm(*store, person(1));
    REQUIRE(store->cached_image(person(1)).has_value());
    damage_byte(folder / "pictures" / "00000001.seg", 64 + 500);
    CHECK_FALSE(store->cached_image(person(1)).has_value());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
}

TEST_CASE("where SQLite reads by somebody else's VFS nothing is at hand", "[sqlite][resident]") {
    auto* const system = sqlite3_vfs_find("unix");
    auto other = *system;
    other.zName = "somebody-else's";
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

TEST_CASE("stores that are open at the same time have each its own files at hand", "[sqlite][resident]") {
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

TEST_CASE("a store that is read from memory keeps others out as before", "[sqlite][resident]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    warm(*store, person(1));
    REQUIRE(store->cached_image(person(1)).has_value());
    CHECK(rule_of_opening(options_for(folder.path())) == "store.in_use");
    store = nullptr;
    // Closed well: the log is in the database and gone.
    CHECK_FALSE(std::filesystem::exists(folder / "portrait.db-wal"));
    store = open_store(folder.path());
    CHECK(is_whole(store->image(person(1)).value()));
}

TEST_CASE("SQLite's memory statistics are forgone before it is used, and not after", "[sqlite][resident]") {
    REQUIRE(sqlite3_shutdown() == SQLITE_OK); // as in a process that hasn't used it yet
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
