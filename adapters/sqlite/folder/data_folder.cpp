#include "folder/data_folder.hpp"

#include "folder/folder_lock.hpp"
#include "rows/erasures.hpp"
#include "rows/schema.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace portrait::sqlite {
namespace {

/// Writes the log of an earlier process again, byte by byte, and syncs it. After a failed sync the page cache
/// may hold pages that the disk lacks and that count as written. SQLite would copy their commit into the
/// database, and a power cut meanwhile would leave half of it and no log to repair it.
[[nodiscard]] result<void> rewrite_log(const std::filesystem::path& path) {
    const auto failed = [&](int number, const char* call) { return error_of_errno(number, call, path); };
    const auto file = FileDescriptor::open(path, O_RDWR);
    if (!file && errno == ENOENT)
        return {};
    if (!file)
        return failed(errno, "open");
    std::vector<std::byte> buffer(std::size_t{1024} * 1024);
    std::uint64_t offset = 0;
    for (;;) {
        std::size_t read = 0;
        if (const int failure = read_fully(file.get(), buffer, offset, read); failure != 0)
            return failed(failure, "pread");
        if (read == 0)
            break;
        std::array parts{iovec{buffer.data(), read}};
        if (const int failure = write_fully(file.get(), parts, offset); failure != 0)
            return failed(failure, "pwritev");
        offset += read;
    }
    if (offset != 0 && ::fdatasync(file.get()) != 0)
        return failed(errno, "fsync");
    return {};
}

[[nodiscard]] result<std::unique_ptr<Connection>> open_database(const std::filesystem::path& folder) {
    const auto path = folder / database_name;
    const auto pictures = folder / pictures_name;
    PORTRAIT_TRY(make_folder(pictures));
    PORTRAIT_TRY(check_folder(pictures));
    PORTRAIT_TRY_GET(files, SegmentFile::list(pictures));
    std::uint64_t highest = 0;
    for (const auto& [name, number] : files)
        highest = std::max(highest, number);
    std::error_code ignored;
    if (highest != 0 && !std::filesystem::exists(path, ignored))
        return Error{errc::store_corrupt,
                     "The data folder has pictures but no database; restore portrait.db from a backup"};
    PORTRAIT_TRY(make_file(path));
    PORTRAIT_TRY(rewrite_log(path.string() + "-wal"));
    PORTRAIT_TRY_GET(connection, Connection::open(path, Connection::Access::read_write));
    PORTRAIT_TRY(prepare_schema(*connection));
    // Skip the numbers of files that are newer than the database, as after a backup of it was copied back.
    PORTRAIT_TRY(connection->run("UPDATE counters SET last_segment = ?1 WHERE last_segment < ?1", highest));
    PORTRAIT_TRY(sync_folder(folder));
    return std::move(connection);
}

/// Cuts off the bytes behind the last known range: preallocated space, and records that no row names.
[[nodiscard]] result<void> cut(const std::filesystem::path& path, std::uint64_t end) {
    std::error_code failure;
    const auto size = std::filesystem::file_size(path, failure);
    if (failure)
        return error_of_errno(failure.value(), "stat", path);
    if (size > end && ::truncate(path.c_str(), static_cast<off_t>(end)) != 0)
        return error_of_errno(errno, "truncate", path);
    return {};
}

/// Puts the gaps between the known ranges into `range_to_free`. Returns the end of the last range.
[[nodiscard]] result<std::uint64_t> free_gaps(Connection& connection, std::uint64_t segment) {
    std::vector<SegmentRange> gaps;
    std::uint64_t end = 0;
    auto known = connection.query("SELECT range_offset, range_length FROM blob WHERE segment = ?1 UNION "
                                  "SELECT range_offset, range_length FROM range_to_free WHERE segment = ?1 "
                                  "ORDER BY range_offset",
                                  segment);
    PORTRAIT_TRY(known.each([&] {
        const SegmentRange range{segment, known.unsigned_integer(0), known.unsigned_integer(1)};
        if (range.offset > end)
            gaps.push_back({segment, end, range.offset - end});
        end = std::max(end, range.end());
    }));
    for (const auto& gap : gaps)
        PORTRAIT_TRY(insert_range_to_free(connection, gap));
    return end;
}

[[nodiscard]] result<void> seal_segment(Connection& connection, Segments& segments, std::uint64_t segment) {
    PORTRAIT_TRY_GET(used, connection.has_row("SELECT 1 FROM blob WHERE segment = ? LIMIT 1", segment));
    if (!used) {
        PORTRAIT_TRY(segments.remove(segment));
        return forget_segment(connection, segment);
    }
    PORTRAIT_TRY_GET(end, free_gaps(connection, segment));
    // Reading a picture of a missing file fails; the other pictures must stay readable.
    const auto path = SegmentFile::path_of(segments.folder(), segment);
    if (std::error_code ignored; std::filesystem::exists(path, ignored))
        PORTRAIT_TRY(cut(path, end));
    return connection.run("UPDATE segment SET sealed = 1 WHERE number = ?", segment);
}

Error damaged(std::string cause) {
    return Error{errc::store_corrupt}.with_cause(std::move(cause));
}

/// Runs SQLite's quick check, and checks that all records are within their files.
[[nodiscard]] result<void> check_store(Connection& connection, Segments& segments) {
    {
        auto check = connection.query("PRAGMA quick_check(1)");
        PORTRAIT_TRY_GET(found, check.next());
        if (!found || check.text(0) != "ok")
            return damaged(fmt::format("SQLite's check found: {}", check.text(0)));
    }
    auto ends =
        connection.query("SELECT segment, max(range_offset + size) FROM blob WHERE segment IS NOT NULL "
                         "GROUP BY segment");
    return ends.each([&]() -> result<void> {
        PORTRAIT_TRY_GET(file, segments.file(ends.unsigned_integer(0)));
        PORTRAIT_TRY_GET(size, file->size());
        if (ends.unsigned_integer(1) + record_header_size > size)
            return damaged(fmt::format("segment {} is shorter than its records", ends.unsigned_integer(0)));
        return {};
    });
}

/// Seals the segments that this process or an earlier one was filling, in one transaction: puts ranges that
/// no row names into `range_to_free`, cuts off the space behind the last named range, unlinks segments
/// without records. Nothing else may write or read meanwhile.
[[nodiscard]] result<void> seal_segments(Connection& connection, Segments& segments) {
    return connection.transact("BEGIN IMMEDIATE", [&]() -> result<void> {
        std::vector<std::uint64_t> open;
        {
            auto query = connection.query("SELECT number FROM segment WHERE sealed = 0 OR NOT EXISTS "
                                          "(SELECT 1 FROM blob WHERE blob.segment = segment.number)");
            PORTRAIT_TRY(query.each([&] { open.push_back(query.unsigned_integer(0)); }));
        }
        for (const auto segment : open)
            PORTRAIT_TRY(seal_segment(connection, segments, segment));
        return {};
    });
}

/// Opens the database and seals the segments, on a full disk with the room of the reserve.
[[nodiscard]] result<std::unique_ptr<Connection>> open_with_room(const std::filesystem::path& folder,
                                                                 Reserve& reserve) {
    const auto is_full = [](const auto& done) { return !done && done.error() == errc::store_full; };
    auto connection = open_database(folder);
    while (is_full(connection) && reserve.give_up())
        connection = open_database(folder);
    if (!connection)
        return connection;
    Segments segments{folder / pictures_name, {}, {}};
    auto sealed = seal_segments(**connection, segments);
    while (is_full(sealed) && reserve.give_up())
        sealed = seal_segments(**connection, segments);
    // Without room the pictures can be read all the same, and the next opening seals the segments.
    if (!sealed && !is_full(sealed))
        return sealed.error();
    return connection;
}

} // namespace

result<std::shared_ptr<DataFolder>> DataFolder::open(SqliteOptions options) {
    if (options.segment_bytes < range_alignment)
        return Error{errc::internal, fmt::format("A segment must have at least {} bytes; got {}",
                                                 range_alignment, options.segment_bytes)}
            .with_limit(options.segment_bytes, range_alignment);
    for (const auto& [name, value] : {std::pair{"read_connections", options.read_connections},
                                      std::pair{"max_waiting_writes", options.max_waiting_writes}})
        if (value == 0)
            return Error{errc::internal, fmt::format("{} must be at least 1; got 0", name)}.with_limit(0, 1);
    // Absolute, since the working folder may change.
    PORTRAIT_TRY_GET(folder, absolute_folder(options.folder));
    options.folder = folder;
    PORTRAIT_TRY(make_folder(folder));
    PORTRAIT_TRY(check_folder(folder));
    PORTRAIT_TRY_GET(lock, lock_folder(folder));
    auto reserve = std::make_unique<Reserve>(folder);
    PORTRAIT_TRY_GET(connection, open_with_room(folder, *reserve));
    PORTRAIT_TRY_GET(epoch, read_epoch(*connection));
    std::vector<SegmentRange> to_free;
    {
        auto rows = connection->query("SELECT segment, range_offset, range_length FROM range_to_free");
        PORTRAIT_TRY(rows.each([&] {
            to_free.push_back({rows.unsigned_integer(0), rows.unsigned_integer(1), rows.unsigned_integer(2)});
        }));
    }
    (void)reserve->hold();
    try {
        return std::shared_ptr<DataFolder>{new DataFolder{options, std::move(lock), std::move(reserve),
                                                          std::move(epoch), std::move(connection), to_free}};
    } catch (const std::system_error& exception) { // no thread could be started
        return Error{errc::service_busy}.with_cause(exception.what());
    }
}

DataFolder::DataFolder(const SqliteOptions& options, FileDescriptor lock, std::unique_ptr<Reserve> reserve,
                       std::string epoch, std::unique_ptr<Connection> connection,
                       const std::vector<SegmentRange>& to_free)
    : lock_{std::move(lock)}
    , database_{options.folder / database_name}
    , epoch_{std::move(epoch)}
    , segments_{options.folder / pictures_name,
                {.segment_bytes = options.segment_bytes, .preallocation_bytes = options.preallocation_bytes},
                [this] { return next_segment_number(); }}
    , reserve_{std::move(reserve)}
    , readers_{database_, options.read_connections}
    , index_{options.index_bytes}
    , warmer_{index_.is_disabled() ? nullptr : std::make_unique<IndexWarmer>(database_, index_)}
    , committer_{std::make_unique<Committer>(
          Committer::Settings{
              .database = database_,
              .max_waiting = options.max_waiting_writes,
              .reopen_delay = options.reopen_delay,
              .audit = options.audit,
              .check_folder = [this] { return check_lock(lock_); },
              .check =
                  [this](Connection& reopened) {
                      index_.forget_all(); // it may have rows of a failed commit, which are gone now
                      if (warmer_)
                          warmer_->fill_again();
                      return check_store(reopened, segments_);
                  },
              .committing = [this](const RowChanges& changes) { index_.block(changes); },
              .committed =
                  [this](const RowChanges& changes, bool durable) {
                      index_.unblock(changes, durable);
                      if (changes.are_lost() && warmer_)
                          warmer_->fill_again();
                  },
              .freed = [this](const std::vector<SegmentRange>& ranges) { reclaimer_->add(ranges); }},
          std::move(connection), segments_, *reserve_)} {
    reclaimer_ = std::make_unique<Reclaimer>(segments_, *committer_, pins_);
    if (!to_free.empty())
        reclaimer_->add(to_free);
}

DataFolder::~DataFolder() {
    if (warmer_)
        warmer_->stop();
    const bool in_doubt = !committer_->open();
    // The committer's last commits may still add ranges to the reclaimer, so only its thread ends here.
    reclaimer_->stop();
    committer_.reset();
    if (in_doubt)
        return;
    // The next opening has no segments to seal then. When this fails, it seals them.
    try {
        if (const auto connection = Connection::open(database_, Connection::Access::read_write))
            (void)seal_segments(**connection, segments_);
        // NOLINTNEXTLINE(bugprone-empty-catch): no memory, which is one of the failures
    } catch (const std::bad_alloc&) {
    }
}

result<std::uint64_t> DataFolder::next_segment_number() {
    return committer_->run<std::uint64_t>([](Transaction& transaction) -> result<std::uint64_t> {
        const auto number = ++transaction.counters.last_segment;
        PORTRAIT_TRY(
            transaction.connection.run("INSERT INTO segment (number, sealed) VALUES (?, 0)", number));
        return static_cast<std::uint64_t>(number);
    });
}

StoreStatistics DataFolder::statistics() const {
    auto statistics = committer_->statistics();
    statistics.bytes_to_free = reclaimer_->bytes_to_free();
    statistics.bytes_freed = reclaimer_->bytes_freed();
    statistics.index_bytes = index_.memory();
    statistics.full = !reserve_->held();
    return statistics;
}

} // namespace portrait::sqlite
