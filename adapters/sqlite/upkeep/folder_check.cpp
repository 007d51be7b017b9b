#include "folder/data_folder.hpp"
#include "upkeep/placed_records.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <set>
#include <string_view>
#include <vector>

namespace portrait::sqlite {

namespace {

/// One check at work. Segment by segment, each with a pin and a transaction of its own: so the log and the
/// ranges to free don't pile up however large the store is.
class FolderCheck {
public:
    FolderCheck(DataFolder& folder, Connection& connection, const ProgressListener& listener)
        : folder_{folder}
        , connection_{connection}
        , listener_{listener} {}

    [[nodiscard]] result<CheckReport> run() {
        if (auto done = check_database(); !done)
            return done.error();
        if (auto done = check_segments(); !done)
            return done.error();
        if (auto done = look_for_strange_files(); !done)
            return done.error();
        return std::move(report_);
    }

private:
    /// The rows of one segment at one moment.
    struct Rows {
        std::vector<PlacedRecord> records;
        std::vector<SegmentRange> to_free; ///< by offset
        bool sealed = false;
    };

    bool told(std::string_view step, std::uint64_t done, std::uint64_t total) const {
        return !listener_ || listener_({step, done, total});
    }

    void note(std::string what) {
        add_damage(report_, {.blob_id = {}, .persons = {}, .what = std::move(what)});
    }

    [[nodiscard]] result<void> check_database() {
        if (!told("database", 0, 0))
            return Error{errc::cancelled};
        auto check = connection_.query("PRAGMA integrity_check(100)");
        for (;;) {
            const auto row = check.next();
            if (!row && row.error() != errc::store_corrupt)
                return row.error();
            if (!row)
                note("portrait.db: " + row.error().cause());
            if (!row || !*row)
                return {};
            if (const auto line = check.text(0); line != "ok")
                note("portrait.db: " + line);
        }
    }

    [[nodiscard]] result<void> check_segments() {
        const auto totals = totals_of(connection_);
        auto numbers = segments_with_records(connection_);
        if (!totals || !numbers) {
            // The database's own check has told where.
            const auto& error = totals ? numbers.error() : totals.error();
            if (error != errc::store_corrupt)
                return error;
            note("portrait.db: the pictures' rows can't be read: " + error.cause());
            return {};
        }
        total_ = totals->bytes;
        for (const auto number : *numbers)
            if (auto done = check_segment(number); !done)
                return done;
        return {};
    }

    [[nodiscard]] result<void> check_segment(std::uint64_t number) {
        const ReaderPins::Pin pin{folder_.pins()};
        const auto rows = rows_of(number);
        if (!rows && rows.error() == errc::store_corrupt) {
            note(fmt::format("portrait.db: the rows of segment {} can't be read: {}", number,
                             rows.error().cause()));
            return {};
        }
        if (!rows)
            return rows.error();
        const auto file = folder_.segments().file(number);
        if (!file && file.error() != errc::store_corrupt)
            return file.error();
        std::uint64_t end = 0;
        for (const auto& record : rows->records) {
            if (record.place.range.offset < end)
                note(fmt::format("segment {}: two records share the bytes at {}", number,
                                 record.place.range.offset));
            end = std::max(end, record.end());
            if (file)
                check_record(**file, record);
            else
                add_damage(report_, damage_of(connection_, record, file.error()));
            done_ += record.size;
            if (!told("pictures", done_, std::max(done_, total_)))
                return Error{errc::cancelled};
        }
        // In a segment that is being filled, ranges without a row may be saves on their way.
        return file && rows->sealed ? look_for_unreferenced(number, *rows) : result<void>{};
    }

    [[nodiscard]] result<Rows> rows_of(std::uint64_t number) {
        if (auto begun = connection_.execute("BEGIN"); !begun)
            return begun.error();
        auto rows = read_rows(number);
        if (auto ended = connection_.execute("COMMIT"); !ended && rows)
            return ended.error();
        return rows;
    }

    [[nodiscard]] result<Rows> read_rows(std::uint64_t number) {
        Rows rows;
        auto records = records_of(connection_, number);
        if (!records)
            return records.error();
        rows.records = *std::move(records);
        auto ranges =
            connection_.query("SELECT range_offset, range_length FROM range_to_free WHERE segment = ? "
                              "ORDER BY range_offset");
        ranges.bind(static_cast<std::int64_t>(number));
        for (;;) {
            const auto row = ranges.next();
            if (!row)
                return row.error();
            if (!*row)
                break;
            rows.to_free.push_back({number, static_cast<std::uint64_t>(ranges.integer(0)),
                                    static_cast<std::uint64_t>(ranges.integer(1))});
        }
        auto sealed = connection_.query("SELECT 1 FROM segment WHERE number = ? AND sealed = 1");
        const auto row = sealed.bind(static_cast<std::int64_t>(number)).next();
        if (!row)
            return row.error();
        rows.sealed = *row;
        return rows;
    }

    void check_record(const SegmentFile& file, const PlacedRecord& record) {
        const auto bytes = file.read(record.place, record.size, record.digest);
        if (!bytes) {
            add_damage(report_, damage_of(connection_, record, bytes.error()));
            return;
        }
        ++report_.pictures;
        report_.bytes += record.size;
    }

    /// Bytes that aren't zero between the ranges that rows know.
    [[nodiscard]] result<void> look_for_unreferenced(std::uint64_t number, const Rows& rows) {
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
                const auto found = data_within(file.get(), end, range.offset, path);
                if (!found)
                    return found.error();
                report_.unreferenced_bytes += *found;
            }
            end = std::max(end, range.offset + range.length);
        }
        return {};
    }

    /// How many bytes of whole blocks that hold more than zeros are in a part of a file.
    [[nodiscard]] static result<std::uint64_t> data_within(int file, std::uint64_t begin, std::uint64_t end,
                                                           const std::filesystem::path& path) {
        std::uint64_t found = 0;
        std::array<std::byte, range_alignment> block{};
        while (begin < end) {
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
            begin += range_alignment;
        }
        return found;
    }

    /// Segment files that no row has ever named. Newer ones than the rows know may be on their way.
    [[nodiscard]] result<void> look_for_strange_files() {
        std::set<std::string> known;
        const auto last = connection_.integer("SELECT last_segment FROM counters");
        {
            auto numbers = connection_.query("SELECT number FROM segment");
            auto row = numbers.next();
            for (; row && *row; row = numbers.next())
                known.insert(
                    SegmentFile::path_of({}, static_cast<std::uint64_t>(numbers.integer(0))).string());
            if (!row || !last) // told already
                return {};
        }
        std::error_code failure;
        for (std::filesystem::directory_iterator entry{folder_.segments().folder(), failure}, end;
             !failure && entry != end; entry.increment(failure)) {
            const auto name = entry->path().filename().string();
            std::int64_t number = 0;
            const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
            const bool is_segment = read.ec == std::errc{} && std::string_view{read.ptr} == ".seg";
            std::error_code gone;
            if (is_segment && number <= *last && known.count(name) == 0 && entry->exists(gone))
                note(entry->path().string() + " is no segment that the database knows");
        }
        if (failure)
            return error_of_errno(failure.value(), "readdir", folder_.segments().folder());
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
    // A connection of its own: readers of rows mustn't wait for it.
    const auto connection = Connection::open(folder_->database(), Connection::Access::query_only);
    if (!connection)
        return connection.error();
    return FolderCheck{*folder_, **connection, listener}.run();
}

} // namespace portrait::sqlite
