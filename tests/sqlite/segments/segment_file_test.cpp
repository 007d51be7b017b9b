#include "sqlite/faults/faulty_disk.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include "segments/segment_file.hpp"

#include <portrait/testing/store_commands.hpp>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace segment_file_test {

using namespace portrait;
using namespace portrait::sqlite;
using namespace portrait::testing;
using conformance::content;

namespace {

constexpr SegmentFile::Growth small{.segment_bytes = 64 * 1024, .preallocation_bytes = 16 * 1024};

std::shared_ptr<SegmentFile> make(const TemporaryFolder& folder, SegmentFile::Growth growth = small) {
    return SegmentFile::create(folder.path(), 5, growth).value();
}

Reservation reserve(SegmentFile& file, std::uint64_t length) {
    auto reserved = file.reserve(length).value();
    REQUIRE(reserved.has_value());
    return *std::move(reserved);
}

RecordPlace store(SegmentFile& file, const ImageContent& picture) {
    const auto reserved = reserve(file, picture.bytes.size());
    REQUIRE(reserved.write(picture.bytes, picture.digest).has_value());
    return reserved.place;
}

bool gives_back(const SegmentFile& file, const RecordPlace& place, const ImageContent& picture) {
    const auto read = file.read(place, picture.bytes.size(), picture.digest);
    return read && read->text() == picture.bytes.text();
}

} // namespace

TEST_CASE("a range that is given out again has another sequence, and no byte of the earlier picture is left",
          "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto longer = content(1, 4000);
    const auto shorter = content(2, 10);
    const auto first = store(*file, longer);
    const auto again = file->reserve_again(first.range);
    REQUIRE(again.has_value());
    CHECK(again->reused);
    CHECK(again->place.range == first.range);
    CHECK(again->place.sequence > first.sequence);
    CHECK(file->given_out() == 2 * first.range.length);
    CHECK(gives_back(*file, first, longer)); // until it is written
    REQUIRE(again->write(shorter.bytes, shorter.digest).has_value());
    CHECK_FALSE(gives_back(*file, first, longer));
    CHECK(gives_back(*file, again->place, shorter));
    CHECK_FALSE(gives_back(*file, {first.range, again->place.sequence}, longer));
    std::ifstream stream{SegmentFile::path_of(folder.path(), 5), std::ios::binary};
    const std::string all{std::istreambuf_iterator{stream}, {}};
    const auto padding = first.range.length - record_header_size - 10;
    CHECK(all.substr(record_header_size + 10, padding) == std::string(padding, '\0'));
}

TEST_CASE("a sealed segment gives out no range again", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto place = store(*file, content(1, 4000));
    REQUIRE(file->seal().has_value());
    CHECK_FALSE(file->reserve_again(place.range).has_value());
    CHECK_FALSE(file->given_out().has_value());
}

TEST_CASE("ranges of a segment are aligned, apart and in order", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    std::uint64_t end = 0;
    std::set<std::uint64_t> sequences;
    for (const std::uint64_t length : {0, 1, 4032, 4033, 9000}) {
        const auto reserved = reserve(*file, length);
        CHECK(reserved.place.range.offset == end);
        CHECK(reserved.place.range.offset % 4096 == 0);
        CHECK(reserved.place.range.length == range_length(length));
        CHECK(reserved.place.range.segment == 5);
        CHECK(sequences.insert(reserved.place.sequence).second);
        end += reserved.place.range.length;
    }
}

TEST_CASE("a segment is full at its size", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    for (int count = 0; count < 15; ++count)
        reserve(*file, 4000);
    CHECK_FALSE(file->reserve(4096).value().has_value()); // two blocks don't fit
    reserve(*file, 4000);                                 // one does
    CHECK_FALSE(file->reserve(1).value().has_value());
}

TEST_CASE("the first record of a segment may be larger than it", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto picture = content(1, 200'000);
    CHECK(gives_back(*file, store(*file, picture), picture));
    CHECK_FALSE(file->reserve(1).value().has_value());
}

TEST_CASE("space is allocated in large steps and freed by sealing", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    reserve(*file, 100);
    CHECK(file->size().value() == 16 * 1024);
    reserve(*file, 15 * 1024);
    CHECK(file->size().value() == 32 * 1024);
    REQUIRE(file->seal().has_value());
    CHECK(file->size().value() == 20 * 1024);
    CHECK_FALSE(file->reserve(1).value().has_value());
}

TEST_CASE("when a large step doesn't fit, the record still may", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto picture = content(2, 3000);
    {
        const FaultyDisk full{FaultyDisk::Call::allocate, ".seg", ENOSPC};
        CHECK(file->reserve(100).error() == errc::store_full);
        CHECK(full.failed() == 2);
    }
    {
        const FaultyDisk old_file_system{FaultyDisk::Call::allocate, ".seg", EOPNOTSUPP};
        CHECK(gives_back(*file, store(*file, picture), picture));
    }
    CHECK(gives_back(*file, store(*file, picture), picture));
}

TEST_CASE("a segment file is private and replaces no other file", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    CHECK(mode_of(SegmentFile::path_of(folder.path(), 5)) == 0600);
    CHECK(make(folder) == nullptr);
}

TEST_CASE("a write that the kernel splits is whole", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto picture = content(3, 20'000);
    limit_each_write(999);
    const auto place = store(*file, picture);
    limit_each_write(0);
    CHECK(gives_back(*file, place, picture));
}

TEST_CASE("a reopened segment returns all records and takes no more", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto picture = content(4, 5000);
    std::optional<RecordPlace> place;
    {
        const auto file = make(folder);
        place = store(*file, picture);
        REQUIRE(file->sync().has_value());
    }
    const auto file = SegmentFile::open(folder.path(), 5).value();
    CHECK(gives_back(*file, *place, picture));
    CHECK_FALSE(file->reserve(1).value().has_value());
    CHECK_FALSE(file->in_use());
    CHECK(SegmentFile::open(folder.path(), 6).error() == errc::store_corrupt);
}

TEST_CASE("a torn tail of a segment damages its own record only", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto whole = content(5, 5000);
    const auto torn = content(6, 9000);
    std::optional<RecordPlace> whole_place;
    std::optional<RecordPlace> torn_place;
    {
        const auto file = make(folder);
        whole_place = store(*file, whole);
        torn_place = store(*file, torn);
    }
    const auto path = SegmentFile::path_of(folder.path(), 5);
    for (const std::uint64_t left : {8999, 4096, 64, 63, 0}) {
        CAPTURE(left);
        std::filesystem::resize_file(path, torn_place->range.offset + left);
        const auto file = SegmentFile::open(folder.path(), 5).value();
        CHECK(gives_back(*file, *whole_place, whole));
        CHECK(file->read(*torn_place, torn.bytes.size(), torn.digest).error() == errc::store_corrupt);
    }
}

TEST_CASE("one damaged byte of a record is found", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    store(*file, content(7, 100));
    const auto picture = content(8, 5000);
    const auto place = store(*file, picture);
    const auto path = SegmentFile::path_of(folder.path(), 5);
    for (const std::uint64_t offset : {0, 20, 63, 64, 3000, 5063}) {
        CAPTURE(offset);
        damage_byte(path, place.range.offset + offset);
        CHECK(file->read(place, picture.bytes.size(), picture.digest).error() == errc::store_corrupt);
        damage_byte(path, place.range.offset + offset);
        CHECK(gives_back(*file, place, picture));
    }
}

TEST_CASE("a place that another record has is not read", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto picture = content(9, 5000);
    const auto place = store(*file, picture);
    auto other = place;
    ++other.sequence;
    CHECK(file->read(other, picture.bytes.size(), picture.digest).error() == errc::store_corrupt);
    CHECK(file->read(place, 4999, picture.digest).error() == errc::store_corrupt);
    CHECK(file->read(place, picture.bytes.size(), content(1).digest).error() == errc::store_corrupt);
    // A damaged row can't ask for more memory than the file is long.
    CHECK(file->read(place, 1ULL << 60U, picture.digest).error() == errc::store_corrupt);
    other = place;
    other.range.offset = 1ULL << 60U;
    CHECK(file->read(other, picture.bytes.size(), picture.digest).error() == errc::store_corrupt);
}

TEST_CASE("threads reserve, write and read at the same time", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder, {.segment_bytes = 64 * 1024 * 1024, .preallocation_bytes = 256 * 1024});
    std::atomic<int> bad{0};
    std::vector<std::vector<RecordPlace>> places(4);
    std::vector<std::thread> threads;
    for (std::uint32_t index = 0; index < 4; ++index)
        threads.emplace_back([&, index] {
            for (std::uint32_t round = 0; round < 100; ++round) {
                const auto picture = content(index * 1000 + round, 100 + round * 131);
                const auto reserved = file->reserve(picture.bytes.size());
                if (!reserved || !*reserved || !(*reserved)->write(picture.bytes, picture.digest))
                    ++bad;
                else if (!gives_back(*file, (*reserved)->place, picture))
                    ++bad;
                else
                    places[index].push_back((*reserved)->place);
                if (round % 20 == 0 && !file->sync())
                    ++bad;
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(bad == 0);
    for (std::uint32_t index = 0; index < 4; ++index)
        for (std::uint32_t round = 0; round < 100; ++round) {
            const auto picture = content(index * 1000 + round, 100 + round * 131);
            if (!gives_back(*file, places[index][round], picture))
                ++bad;
        }
    CHECK(bad == 0);
}

TEST_CASE("a segment whose sync failed never works again", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    store(*file, content(10, 100));
    {
        const FaultyDisk broken{FaultyDisk::Call::sync, ".seg", EIO};
        CHECK(file->sync().error() == errc::store_io);
    }
    CHECK(file->sync().error() == errc::store_io);
    CHECK_FALSE(file->reserve(1).value().has_value());
}

TEST_CASE("an erased range is zeros and takes no space", "[sqlite][segment]") {
    const TemporaryFolder folder;
    const auto file = make(folder);
    const auto kept = content(11, 5000);
    const auto erased = content(12, 20'000);
    const auto kept_place = store(*file, kept);
    const auto erased_place = store(*file, erased);
    REQUIRE(file->seal().has_value());
    REQUIRE(file->sync().has_value());
    const auto path = SegmentFile::path_of(folder.path(), 5);
    const auto before = disk_usage(path);

    SECTION("by a hole") {
        REQUIRE(file->erase(erased_place.range).has_value());
        CHECK(disk_usage(path) <= before - 20'000);
    }
    SECTION("by zeros where the file system has no holes") {
        const FaultyDisk old_file_system{FaultyDisk::Call::allocate, ".seg", EOPNOTSUPP};
        REQUIRE(file->erase(erased_place.range).has_value());
    }
    CHECK(gives_back(*file, kept_place, kept));
    CHECK(file->read(erased_place, erased.bytes.size(), erased.digest).error() == errc::store_corrupt);
    CHECK(file->size().value() == kept_place.range.length + erased_place.range.length);
}

} // namespace segment_file_test
