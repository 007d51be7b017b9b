#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include "folder/data_folder.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// Ranges of replaced pictures that other pictures overwrite under load.
namespace reuse_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::content;
using sqlite::DataFolder;
using sqlite::Reservation;
using sqlite::SegmentRange;
using sqlite::Transaction;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t size = 6000;
const std::string old_bytes{content(1, size).bytes.text()};

bool contains_old_bytes(const TemporaryFolder& folder) {
    for (const auto& entry : std::filesystem::directory_iterator{folder / "pictures"}) {
        std::ifstream stream{entry.path(), std::ios::binary};
        const std::string all{std::istreambuf_iterator{stream}, {}};
        if (all.find(old_bytes.substr(0, 100)) != std::string::npos ||
            all.find(old_bytes.substr(size - 100)) != std::string::npos)
            return true;
    }
    return false;
}

std::shared_ptr<DataFolder> open_folder(const TemporaryFolder& folder) {
    auto options = options_for(folder.path());
    options.segment_bytes = 8 * 1024 * 1024; // so that 128 KiB between two rounds are load
    return DataFolder::open(options).value();
}

/// Writes a record, whose row and outcome are of no interest here.
void write(const Reservation& reserved, const ImageContent& picture) {
    REQUIRE(reserved.write(picture.bytes, picture.digest).has_value());
}

void free(DataFolder& folder, const SegmentRange& range) {
    REQUIRE(folder.committer()
                .run<void>([&](Transaction& transaction) { return transaction.free(range); })
                .has_value());
}

/// A reservation of a range that had the old bytes.
Reservation reserve_again(DataFolder& folder) {
    std::optional<Reservation> again;
    REQUIRE(eventually([&] {
        const auto load = folder.reserve(30'000).value();
        free(folder, load.place.range);
        auto reserved = folder.reserve(size).value();
        if (!reserved.reused) {
            write(reserved, content(1, size));
            free(folder, reserved.place.range);
        } else
            again = std::move(reserved);
        return again.has_value();
    }));
    return *std::move(again);
}

/// Commits a write of a reused range. `outcome` is that of the rows.
result<void> commit(DataFolder& folder, Reservation reserved, result<void> outcome) {
    return sqlite::wait_for<void>([&](Completion<void> completion) {
        const auto apply = [outcome](Transaction&) { return outcome; };
        auto member =
            std::make_unique<sqlite::WriteMember<void, decltype(apply)>>(apply, std::move(completion));
        member->written = std::move(reserved);
        folder.committer().add(std::move(member));
    });
}

std::int64_t rows_of(DataFolder& folder, const SegmentRange& range) {
    return folder.committer()
        .run<std::int64_t>([&](Transaction& transaction) -> result<std::int64_t> {
            auto query = transaction.connection.query(
                "SELECT count(*) FROM range_to_free WHERE segment = ? AND range_offset = ?", range.segment,
                range.offset);
            PORTRAIT_TRY(query.next());
            return query.integer(0);
        })
        .value();
}

bool erase_within(DataFolder& folder, std::chrono::milliseconds time) {
    return folder.erase_freed(steady_clock::now() + time);
}

constexpr std::chrono::seconds long_enough{60};

} // namespace

TEST_CASE("a range that is used again is no longer to be freed, once its new record is committed",
          "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    const auto data = open_folder(folder);
    auto again = reserve_again(*data);
    const auto place = again.place;
    CHECK(rows_of(*data, place.range) == 1); // so that it is erased after a crash
    const auto picture = content(2, size);
    write(again, picture);
    REQUIRE(commit(*data, std::move(again), {}).has_value());
    CHECK(rows_of(*data, place.range) == 0);
    CHECK(erase_within(*data, long_enough));
    CHECK_FALSE(contains_old_bytes(folder));
    const auto file = data->segments().file(place.range.segment).value();
    CHECK(file->read(place, size, picture.digest).value().text() == picture.bytes.text());
}

TEST_CASE("an erasure isn't proven while a range with old bytes waits to be overwritten",
          "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    const auto data = open_folder(folder);
    auto again = std::optional{reserve_again(*data)};
    REQUIRE(contains_old_bytes(folder));
    CHECK_FALSE(erase_within(*data, std::chrono::milliseconds{20}));
    SECTION("the writer fails") {
        data->committer().abandon(again->place.range);
        again.reset();
    }
    SECTION("the write is refused") {
        const auto refused =
            commit(*data, *std::exchange(again, std::nullopt), Error{errc::precondition_failed});
        CHECK(refused.error() == errc::precondition_failed);
    }
    CHECK(erase_within(*data, long_enough));
    CHECK_FALSE(contains_old_bytes(folder));
    CHECK(data->statistics().bytes_to_free == 0);
}

TEST_CASE("an erasure waits until the range of a failed write is freed", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    const auto data = open_folder(folder);
    auto again = std::optional{reserve_again(*data)};
    CHECK_FALSE(erase_within(*data, std::chrono::milliseconds{20}));
    // All others are erased, so that nothing else can keep the erasure waiting.
    REQUIRE(eventually([&] { return data->statistics().bytes_to_free == again->place.range.length; }));
    CHECK_FALSE(erase_within(*data, std::chrono::milliseconds{20}));
    std::promise<void> occupied;
    std::promise<void> go_on;
    auto other = std::async(std::launch::async, [&] {
        return data->committer().run<void>([&](Transaction&) -> result<void> {
            occupied.set_value();
            go_on.get_future().wait();
            return {};
        });
    });
    occupied.get_future().wait();
    data->committer().abandon(again->place.range);
    again.reset();
    auto erased = std::async(std::launch::async, [&] { return erase_within(*data, long_enough); });
    CHECK(erased.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout);
    go_on.set_value();
    CHECK(other.get().has_value());
    CHECK(erased.get());
    CHECK_FALSE(contains_old_bytes(folder));
}

TEST_CASE("while an erasure runs, no range is used again", "[sqlite][reclaim]") {
    const TemporaryFolder folder;
    const auto data = open_folder(folder);
    {
        const auto again = reserve_again(*data);
        data->committer().abandon(again.place.range);
    }
    CHECK(erase_within(*data, long_enough));
    CHECK_FALSE(data->reserve(size).value().reused); // all of them are erased
    CHECK_FALSE(contains_old_bytes(folder));
}

} // namespace reuse_test
