#include "sqlite/faults/faulty_disk.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include "segments/segments.hpp"

#include <portrait/testing/store_commands.hpp>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace segments_test {

using namespace portrait;
using namespace portrait::sqlite;
using namespace portrait::testing;
using conformance::content;

namespace {

struct Fixture {
    TemporaryFolder folder;
    std::uint64_t last_number = 0;
    Segments segments{folder.path(), {.segment_bytes = 64 * 1024, .preallocation_bytes = 16 * 1024}, [this] {
                          return result<std::uint64_t>{++last_number};
                      }};

    std::uint64_t segment_of(std::uint64_t length) {
        return segments.reserve(length).value().place.range.segment;
    }
    bool exists(std::uint64_t number) const {
        return std::filesystem::exists(SegmentFile::path_of(folder.path(), number));
    }
};

} // namespace

TEST_CASE("a picture that doesn't fit any more begins a new segment", "[sqlite][segments]") {
    Fixture fixture;
    CHECK(fixture.segment_of(30'000) == 1);
    CHECK(fixture.segment_of(30'000) == 1);
    CHECK(fixture.segment_of(30'000) == 2);
    CHECK(fixture.segment_of(100) == 2);
    CHECK(std::filesystem::file_size(SegmentFile::path_of(fixture.folder.path(), 1)) ==
          2 * range_length(30'000));
}

TEST_CASE("a picture larger than a segment gets one of its own", "[sqlite][segments]") {
    Fixture fixture;
    CHECK(fixture.segment_of(100) == 1);
    CHECK(fixture.segment_of(100'000) == 2);
    CHECK(fixture.segment_of(100) == 1); // the current segment is used further
}

TEST_CASE("a segment file that is there already is left alone", "[sqlite][segments]") {
    Fixture fixture;
    const auto other = SegmentFile::create(fixture.folder.path(), 1, {.segment_bytes = 4096}).value();
    CHECK(fixture.segment_of(100) == 2);
    CHECK(other->size().value() == 0);
}

TEST_CASE("the number of a file that couldn't be filled is used again", "[sqlite][segments]") {
    Fixture fixture;
    {
        const FaultyDisk full{FaultyDisk::Call::allocate, ".seg", ENOSPC};
        CHECK(fixture.segments.reserve(100).error() == errc::store_full);
        CHECK(fixture.segments.reserve(100).error() == errc::store_full);
        CHECK_FALSE(fixture.exists(1));
    }
    CHECK(fixture.segment_of(100) == 1);
}

TEST_CASE("a reservation keeps its segment in use", "[sqlite][segments]") {
    Fixture fixture;
    auto first = std::make_unique<Reservation>(fixture.segments.reserve(100).value());
    const auto file = fixture.segments.file(1).value();
    CHECK(file->in_use());
    CHECK(fixture.segment_of(63'000) == 2); // seals the first
    CHECK(file->in_use());
    first.reset();
    CHECK_FALSE(file->in_use());
    REQUIRE(fixture.segments.remove(1).has_value());
    CHECK_FALSE(fixture.exists(1));
    CHECK(fixture.segments.remove(1).has_value());
    CHECK(fixture.segments.file(1).error() == errc::store_corrupt);
}

TEST_CASE("threads that roll over at the same time never share a range", "[sqlite][segments]") {
    Fixture fixture;
    std::mutex mutex;
    std::set<std::pair<std::uint64_t, std::uint64_t>> places;
    std::atomic<int> bad{0};
    std::vector<std::thread> threads;
    for (std::uint32_t index = 0; index < 4; ++index)
        threads.emplace_back([&, index] {
            for (std::uint32_t round = 0; round < 50; ++round) {
                const auto picture = content(index * 100 + round, 5000);
                const auto reserved = fixture.segments.reserve(picture.bytes.size());
                if (!reserved || !reserved->write(picture.bytes, picture.digest)) {
                    ++bad;
                    continue;
                }
                const auto& range = reserved->place.range;
                const auto file = fixture.segments.file(range.segment);
                if (!file || !(*file)->read(reserved->place, 5000, picture.digest))
                    ++bad;
                const std::lock_guard lock{mutex};
                places.emplace(range.segment, range.offset);
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(bad == 0);
    CHECK(places.size() == 200);
    CHECK(fixture.last_number == 25); // 8 KiB each, 8 in a segment
}

} // namespace segments_test
