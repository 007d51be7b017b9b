#include "sqlite/faults/faulty_disk.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <thread>

namespace disk_failure_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

using Call = FaultyDisk::Call;

/// A store with one picture that tries to reopen after an hour.
struct Fixture {
    explicit Fixture(std::chrono::milliseconds reopen_delay = std::chrono::hours{1}) {
        auto options = options_for(folder.path());
        options.reopen_delay = reopen_delay;
        store = open_store(options);
        save(*store, person(1), 1);
    }

    void old_picture_is_whole() const {
        const auto stored = store->image(person(1)).value();
        CHECK(stored.bytes.text() == content(1).bytes.text());
    }

    TemporaryFolder folder;
    std::unique_ptr<SqliteImageStore> store;
};

} // namespace

TEST_CASE("after a failed sync the store refuses writes and still reads", "[sqlite][failure]") {
    Fixture fixture;
    const auto* const file = GENERATE(".seg", "portrait.db-wal");
    CAPTURE(file);
    {
        const FaultyDisk broken{Call::sync, file, EIO};
        CHECK(fixture.store->save(save_command(person(1), 2)).error() == errc::store_io);
        CHECK(broken.failed() == 1);
    }
    // The disk works again, but pages lost by the failed sync would count as written.
    CHECK(fixture.store->writable().error() == errc::store_closed);
    CHECK(fixture.store->save(save_command(person(2), 3)).error() == errc::store_closed);
    CHECK(
        fixture.store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).error() ==
        errc::store_closed);
    fixture.old_picture_is_whole();
    // Opened again, it has either the old picture or the new one.
    fixture.store.reset();
    fixture.store = open_store(fixture.folder.path());
    CHECK(is_whole(fixture.store->image(person(1)).value()));
    save(*fixture.store, person(1), 4);
    CHECK(is_whole(fixture.store->image(person(1)).value()));
}

TEST_CASE("the store reopens and checks itself", "[sqlite][failure]") {
    Fixture fixture{std::chrono::milliseconds{1}};
    const auto* const file = GENERATE(".seg", "portrait.db-wal");
    CAPTURE(file);
    {
        const FaultyDisk broken{Call::sync, file, EIO};
        CHECK(fixture.store->save(save_command(person(1), 2)).error() == errc::store_io);
    }
    REQUIRE(eventually([&] { return fixture.store->writable().has_value(); }));
    CHECK(fixture.store->statistics().reopened >= 1);
    fixture.old_picture_is_whole(); // here the failed write is gone
    CHECK(save(*fixture.store, person(2), 3).created);
    REQUIRE(eventually([&] { return fixture.store->statistics().bytes_freed >= 4096; }));
    fixture.old_picture_is_whole();
    fixture.store.reset();
    fixture.store = open_store(fixture.folder.path());
    fixture.old_picture_is_whole();
    CHECK(is_whole(fixture.store->image(person(2)).value()));
}

TEST_CASE("the store reopens during reads from memory", "[sqlite][failure]") {
    Fixture fixture{std::chrono::milliseconds{1}};
    auto& store = *fixture.store;
    fixture.old_picture_is_whole();
    REQUIRE(store.cached_image(person(1)).has_value());
    std::atomic<bool> reading{true};
    std::atomic<int> wrong{0};
    std::thread reader{[&] {
        while (reading) {
            const auto stored = store.cached_image(person(1));
            wrong += stored && !is_whole(*stored) ? 1 : 0;
        }
    }};
    {
        const FaultyDisk broken{Call::sync, "portrait.db-wal", EIO};
        CHECK(store.save(save_command(person(1), 2)).error() == errc::store_io);
    }
    CHECK(eventually([&] { return store.writable().has_value(); }));
    save(store, person(1), 3);
    reading = false;
    reader.join();
    CHECK(wrong == 0);
    REQUIRE(eventually([&] { return store.cached_image(person(1)).has_value(); }));
    CHECK(store.cached_image(person(1))->bytes.text() == content(3).bytes.text());
}

TEST_CASE("the store stays closed as long as its disk is broken", "[sqlite][failure]") {
    Fixture fixture{std::chrono::milliseconds{1}};
    {
        const FaultyDisk broken{Call::sync, "", EIO};
        CHECK(fixture.store->save(save_command(person(1), 2)).error() == errc::store_io);
        REQUIRE(eventually([&] { return broken.failed() > 3; }));
        CHECK(fixture.store->writable().error() == errc::store_closed);
        CHECK(fixture.store->statistics().reopened == 0);
    }
    REQUIRE(eventually([&] { return fixture.store->writable().has_value(); }));
    fixture.old_picture_is_whole();
}

TEST_CASE("a damaged database is not reopened for writes", "[sqlite][failure]") {
    Fixture fixture{std::chrono::milliseconds{1}};
    const auto segment = fixture.folder / "pictures" / "00000001.seg";
    {
        const FaultyDisk broken{Call::sync, "portrait.db-wal", EIO};
        CHECK(fixture.store->save(save_command(person(1), 2)).error() == errc::store_io);
        std::filesystem::resize_file(segment, 100); // shorter than the picture that a row names
    }
    CHECK(eventually([&] {
        const auto open = fixture.store->writable();
        return !open && open.error().cause().find("shorter") != std::string::npos;
    }));
    CHECK(fixture.store->image(person(1)).error() == errc::store_corrupt);
}

TEST_CASE("a full disk fails the writes that meet it and no later ones", "[sqlite][failure]") {
    Fixture fixture;
    Call call = Call::write;
    std::string file = ".seg";
    std::size_t size = 1000;
    SECTION("when the bytes are written") {}
    SECTION("when space is allocated") {
        call = Call::allocate;
        size = 100'000; // beyond the allocated space
    }
    SECTION("when the row is written") {
        file = "portrait.db-wal";
    }
    {
        const FaultyDisk full{call, file, ENOSPC};
        CHECK(fixture.store->save(save_command(person(1), 2, 0, size)).error() == errc::store_full);
        CHECK(full.failed() > 0);
        CHECK(fixture.store->writable().has_value());
        fixture.old_picture_is_whole();
    }
    CHECK(save(*fixture.store, person(2), 3).created);
    fixture.old_picture_is_whole();
    // The range of the failed write is freed, too.
    if (call == Call::write)
        CHECK(eventually([&] { return fixture.store->statistics().bytes_freed >= 4096; }));
    fixture.store.reset();
    fixture.store = open_store(fixture.folder.path());
    fixture.old_picture_is_whole();
    CHECK(is_whole(fixture.store->image(person(2)).value()));
}

TEST_CASE("on a full disk a removal uses the reserve", "[sqlite][failure]") {
    Fixture fixture;
    auto& store = *fixture.store;
    save(store, person(2), 2);
    {
        const FaultyDisk full{Call::write, "portrait.db-wal", ENOSPC, 1};
        CHECK(store.remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).has_value());
        CHECK(full.failed() == 1);
    }
    CHECK(store.image(person(1)).error() == errc::image_none);
    CHECK_FALSE(store.statistics().full); // held again
    save(store, person(3), 3);
    {
        const FaultyDisk full{Call::write, "portrait.db-wal", ENOSPC};
        CHECK(store.remove({.target = person(3), .actor = {}, .now = at(1), .precondition = {}}).error() ==
              errc::store_full);
    }
    CHECK_FALSE(store.statistics().full); // held again after a failure, too
    {
        const FaultyDisk full{Call::write, "portrait.db-wal", ENOSPC, 1};
        CHECK(store.erase({.person_id = person(2), .actor = {}, .now = at(2)}).has_value());
        CHECK(full.failed() == 1);
    }
    CHECK(store.image(person(2)).error() == errc::image_none);
}

TEST_CASE("without the reserve pictures are read and removed and none is saved", "[sqlite][failure]") {
    Fixture fixture;
    save(*fixture.store, person(2), 2);
    fixture.store.reset();
    std::filesystem::remove(fixture.folder / "reserve");
    {
        const FaultyDisk full{Call::allocate, "reserve", ENOSPC};
        fixture.store = open_store(fixture.folder.path());
        auto& store = *fixture.store;
        CHECK(store.statistics().full);
        fixture.old_picture_is_whole();
        CHECK(store.save(save_command(person(3), 3)).error() == errc::store_full);
        CHECK(
            store
                .update_info(
                    {.target = person(1), .description = "x", .actor = {}, .now = at(1), .precondition = {}})
                .error() == errc::store_full);
        CHECK(store.remove({.target = person(2), .actor = {}, .now = at(1), .precondition = {}}).has_value());
        CHECK(store.image(person(2)).error() == errc::image_none);
        CHECK(eventually([&] { return store.statistics().bytes_freed >= 4096; }));
    }
    CHECK(save(*fixture.store, person(3), 3).created);
    CHECK_FALSE(fixture.store->statistics().full);
}

TEST_CASE("bytes that can't be written fail their own save only", "[sqlite][failure]") {
    Fixture fixture;
    {
        const FaultyDisk broken{Call::write, ".seg", EIO};
        CHECK(fixture.store->save(save_command(person(1), 2)).error() == errc::store_io);
    }
    CHECK(fixture.store->writable().has_value());
    save(*fixture.store, person(2), 3);
    fixture.old_picture_is_whole();
}

} // namespace disk_failure_test
