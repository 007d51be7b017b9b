#include "folder/data_folder.hpp"
#include "upkeep/placed_records.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

namespace portrait::sqlite {
namespace {

/// One check. Takes a pin and a transaction for each segment, so that the log and the ranges to free don't
/// grow with the size of the store.
class FolderCheck {
public:
    FolderCheck(DataFolder& folder, Connection& connection, const ProgressListener& listener)
        : folder_{folder}
        , connection_{connection}
        , listener_{listener} {}

    [[nodiscard]] result<CheckReport> run() {
        PORTRAIT_TRY(check_database());
        PORTRAIT_TRY(check_segments());
        PORTRAIT_TRY(check_unknown_files());
        return std::move(report_);
    }

private:
    /// The rows of one segment at one moment.
    struct Rows {
        std::vector<PlacedRecord> records;
        std::vector<SegmentRange> to_free; ///< by offset
        bool sealed = false;
    };

    void note(std::string what) {
        add_damage(report_, {.blob_id = {}, .persons = {}, .what = std::move(what)});
    }

    /// Notes a corrupt database as a damage; returns other errors.
    [[nodiscard]] result<void> note_corruption(std::string_view what, const Error& error) {
        if (error != errc::store_corrupt)
            return error;
        note(fmt::format("portrait.db: {}{}", what, error.cause()));
        return {};
    }

    [[nodiscard]] result<void> check_database() {
        PORTRAIT_TRY(report_progress(listener_, {"database", 0, 0}));
        auto check = connection_.query("PRAGMA integrity_check(100)");
        const auto done = check.each([&] {
            if (const auto line = check.text(0); line != "ok")
                note("portrait.db: " + line);
        });
        return done ? done : note_corruption("", done.error());
    }

    [[nodiscard]] result<void> check_segments() {
        const auto totals = totals_of(connection_);
        const auto numbers = segments_with_records(connection_);
        if (!totals || !numbers) // `check_database` has noted the place
            return note_corruption("the pictures' rows can't be read: ",
                                   totals ? numbers.error() : totals.error());
        total_ = totals->second;
        for (const auto number : *numbers)
            PORTRAIT_TRY(check_segment(number));
        return {};
    }

    [[nodiscard]] result<void> check_segment(std::uint64_t number) {
        const ReaderPins::Pin pin{folder_.pins()};
        const auto rows = rows_of(number);
        if (!rows)
            return note_corruption(fmt::format("the rows of segment {} can't be read: ", number),
                                   rows.error());
        const auto file =
            SegmentFile::open(folder_.segments().folder(), number, SegmentFile::ReadOrder::ascending);
        if (!file && file.error() != errc::store_corrupt)
            return file.error();
        std::uint64_t end = 0;
        for (const auto& record : rows->records) {
            if (record.place.range.offset < end)
                note(fmt::format("segment {}: two records share the bytes at {}", number,
                                 record.place.range.offset));
            end = std::max(end, record.end());
            check_record(file, record);
            done_ += record.size;
            PORTRAIT_TRY(report_progress(listener_, {"pictures", done_, std::max(done_, total_)}));
        }
        // In a segment that is being filled, ranges without a row may belong to unfinished saves.
        return file && rows->sealed ? count_unreferenced(number, *rows) : result<void>{};
    }

    [[nodiscard]] result<Rows> rows_of(std::uint64_t number) {
        Rows rows;
        const auto read = connection_.transact("BEGIN", [&]() -> result<void> {
            PORTRAIT_TRY_GET(records, records_of(connection_, number));
            rows.records = std::move(records);
            auto ranges = connection_.query("SELECT range_offset, range_length FROM range_to_free "
                                            "WHERE segment = ? ORDER BY range_offset",
                                            number);
            PORTRAIT_TRY(ranges.each([&] {
                rows.to_free.push_back({number, ranges.unsigned_integer(0), ranges.unsigned_integer(1)});
            }));
            PORTRAIT_TRY_GET(
                sealed, connection_.has_row("SELECT 1 FROM segment WHERE number = ? AND sealed = 1", number));
            rows.sealed = sealed;
            return {};
        });
        return read ? result<Rows>{std::move(rows)} : read.error();
    }

    void check_record(const result<std::shared_ptr<SegmentFile>>& file, const PlacedRecord& record) {
        const auto bytes = file ? (*file)->read(record.place, record.size, record.digest) : file.error();
        if (!bytes)
            return add_damage(report_, damage_of(connection_, record, bytes.error()));
        ++report_.pictures;
        report_.bytes += record.size;
    }

    /// Counts the bytes between known ranges that aren't zero.
    [[nodiscard]] result<void> count_unreferenced(std::uint64_t number, const Rows& rows) {
        std::vector<SegmentRange> known = rows.to_free;
        for (const auto& record : rows.records)
            known.push_back(record.place.range);
        std::sort(known.begin(), known.end(),
                  [](const auto& left, const auto& right) { return left.offset < right.offset; });
        const auto path = SegmentFile::path_of(folder_.segments().folder(), number);
        const auto file = FileDescriptor::open(path, O_RDONLY);
        if (!file)
            return error_of_errno(errno, "open", path);
        const auto size = ::lseek(file.get(), 0, SEEK_END);
        if (size < 0)
            return error_of_errno(errno, "lseek", path);
        known.push_back({number, static_cast<std::uint64_t>(size), 0});
        std::uint64_t end = 0;
        for (const auto& range : known) {
            if (range.offset > end) {
                PORTRAIT_TRY_GET(found, data_within(file.get(), end, range.offset, path));
                report_.unreferenced_bytes += found;
            }
            end = std::max(end, range.end());
        }
        return {};
    }

    /// The bytes of the whole blocks in a part of a file that aren't all zeros.
    [[nodiscard]] static result<std::uint64_t> data_within(int file, std::uint64_t begin, std::uint64_t end,
                                                           const std::filesystem::path& path) {
        std::uint64_t found = 0;
        std::array<std::byte, range_alignment> block{};
        for (; begin < end; begin += range_alignment) {
            const auto data = ::lseek(file, static_cast<off_t>(begin), SEEK_DATA);
            if (data < 0 && errno == ENXIO)
                break;
            if (data < 0)
                return error_of_errno(errno, "lseek", path);
            begin = static_cast<std::uint64_t>(data) / range_alignment * range_alignment;
            if (begin >= end)
                break;
            std::size_t read = 0;
            if (const int failure = read_fully(file, block, begin, read); failure != 0)
                return error_of_errno(failure, "pread", path);
            if (std::any_of(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(read),
                            [](std::byte byte) { return byte != std::byte{}; }))
                found += range_alignment;
        }
        return found;
    }

    /// Notes segment files without a row. Files with newer numbers than the rows may be on their way.
    [[nodiscard]] result<void> check_unknown_files() {
        const auto last = connection_.integer("SELECT last_segment FROM counters");
        std::set<std::string> known;
        auto numbers = connection_.query("SELECT number FROM segment");
        const auto read = numbers.each(
            [&] { known.insert(SegmentFile::path_of({}, numbers.unsigned_integer(0)).string()); });
        if (!last || !read) // noted by `check_database`
            return {};
        const auto& folder = folder_.segments().folder();
        PORTRAIT_TRY_GET(files, SegmentFile::list(folder));
        std::error_code gone;
        for (const auto& [name, number] : files)
            if (number <= static_cast<std::uint64_t>(*last) && known.count(name) == 0 &&
                std::filesystem::exists(folder / name, gone))
                note((folder / name).string() + " has no row in the database");
        return {};
    }

    DataFolder& folder_;
    Connection& connection_;
    const ProgressListener& listener_;
    CheckReport report_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

} // namespace

result<CheckReport> SqliteImageStore::check(const ProgressListener& listener) const {
    // A connection of its own: readers of rows must not wait for it.
    PORTRAIT_TRY_GET(connection, Connection::open(folder_->database(), Connection::Access::query_only));
    return FolderCheck{*folder_, *connection, listener}.run();
}

} // namespace portrait::sqlite
