#include "folder/data_folder.hpp"

#include "folder/store_check.hpp"
#include "rows/schema.hpp"
#include "rows/segment_rows.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace portrait::sqlite {

namespace {

/// The highest number of a segment file that is there, 0 when there is none.
[[nodiscard]] result<std::uint64_t> highest_segment(const std::filesystem::path& pictures) {
    std::uint64_t highest = 0;
    std::error_code failure;
    for (std::filesystem::directory_iterator entry{pictures, failure}, end; !failure && entry != end;
         entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        std::uint64_t number = 0;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
        if (read.ec == std::errc{} && std::string_view{read.ptr} == ".seg")
            highest = std::max(highest, number);
    }
    if (failure)
        return error_of_errno(failure.value(), "readdir", pictures);
    return highest;
}

/// Files of a later time than the database, as after a backup of it was put back, keep their numbers to
/// themselves.
[[nodiscard]] result<void> skip_numbers_in_use(Connection& connection, std::uint64_t highest) {
    return connection.query("UPDATE counters SET last_segment = max(last_segment, ?)")
        .bind(static_cast<std::int64_t>(highest))
        .run();
}

/// Writes the log of a process that died once more, the same bytes, and syncs it. When the sync of a commit
/// failed, the page cache may hold what the disk doesn't, and passes for written: SQLite would copy such a
/// commit into the database, and a power cut in the midst of that would leave half of it and no log to mend
/// it with.
[[nodiscard]] result<void> rewrite_log(const std::filesystem::path& path) {
    const auto file = FileDescriptor::open(path, O_RDWR);
    if (!file) {
        if (errno == ENOENT)
            return {};
        return error_of_errno(errno, "open", path);
    }
    std::vector<std::byte> buffer(std::size_t{1024} * 1024);
    std::uint64_t offset = 0;
    for (;;) {
        std::size_t read = 0;
        if (const int failure = read_fully(file.get(), buffer, offset, read); failure != 0)
            return error_of_errno(failure, "pread", path);
        if (read == 0)
            break;
        std::array parts{iovec{buffer.data(), read}};
        if (const int failure = write_fully(file.get(), parts, offset); failure != 0)
            return error_of_errno(failure, "pwritev", path);
        offset += read;
    }
    if (offset != 0 && ::fdatasync(file.get()) != 0)
        return error_of_errno(errno, "fsync", path);
    return {};
}

[[nodiscard]] result<std::unique_ptr<Connection>> open_database(const std::filesystem::path& folder) {
    const auto path = folder / database_name;
    const auto pictures = folder / pictures_name;
    if (auto made = make_folder(pictures); !made)
        return made.error();
    const auto highest = highest_segment(pictures);
    if (!highest)
        return highest.error();
    std::error_code ignored;
    if (*highest != 0 && !std::filesystem::exists(path, ignored))
        return Error{errc::store_corrupt,
                     "The data folder has pictures but no database; put portrait.db back from a backup"};
    if (auto made = make_file(path); !made)
        return made.error();

    if (auto rewritten = rewrite_log(path.string() + "-wal"); !rewritten)
        return rewritten.error();
    auto connection = Connection::open(path, Connection::Access::read_write);
    if (!connection)
        return connection.error();
    if (auto prepared = prepare_schema(**connection); !prepared)
        return prepared.error();
    if (auto skipped = skip_numbers_in_use(**connection, *highest); !skipped)
        return skipped.error();
    if (auto synced = sync_folder(folder); !synced)
        return synced.error();
    return connection;
}

[[nodiscard]] result<void> check(const SqliteOptions& options) {
    if (options.segment_bytes < range_alignment)
        return Error{errc::internal, "A segment has to have at least 4096 bytes"}.with_limit(
            options.segment_bytes, range_alignment);
    return {};
}

} // namespace

result<std::shared_ptr<DataFolder>> DataFolder::open(SqliteOptions options) {
    if (auto fits = check(options); !fits)
        return fits.error();
    // Later changes of the working folder must not lead elsewhere.
    std::error_code failure;
    options.folder = std::filesystem::absolute(options.folder, failure).lexically_normal();
    if (failure)
        return error_of_errno(failure.value(), "getcwd");
    if (!options.folder.has_filename())
        options.folder = options.folder.parent_path();

    if (auto made = make_folder(options.folder); !made)
        return made.error();
    auto lock = FolderLock::take(options.folder);
    if (!lock)
        return lock.error();
    auto connection = open_database(options.folder);
    if (!connection)
        return connection.error();
    {
        Segments segments{options.folder / pictures_name, {}, {}};
        if (auto sealed = seal_segments(**connection, segments); !sealed)
            return sealed.error();
    }
    auto to_free = ranges_to_free(**connection);
    if (!to_free)
        return to_free.error();
    return std::make_shared<DataFolder>(Key{}, options, std::move(*lock), std::move(*connection),
                                        std::move(*to_free));
}

DataFolder::DataFolder(Key, const SqliteOptions& options, FolderLock lock,
                       std::unique_ptr<Connection> connection, std::vector<SegmentRange> to_free)
    : lock_{std::move(lock)}
    , database_{options.folder / database_name}
    , segments_{options.folder / pictures_name,
                {.segment_bytes = options.segment_bytes, .preallocation_bytes = options.preallocation_bytes},
                [this] { return next_segment_number(); }}
    , resident_files_{ResidentFiles::open(database_)}
    , readers_{database_, options.read_connections}
    , resident_readers_{database_, resident_files_ ? &*resident_files_ : nullptr, options.read_connections}
    , committer_{std::make_unique<Committer>(
          Committer::Settings{
              .database = database_,
              .max_waiting = options.max_waiting_writes,
              .reopen_delay = options.reopen_delay,
              .check = [this](Connection& reopened) { return check_store(reopened, segments_); },
              .committed = [this] { resident_readers_.note_commit(); },
              .end_reads = [this] { resident_readers_.end_transactions(); },
              .freed = [this](std::vector<SegmentRange> ranges) { reclaimer_->add(std::move(ranges)); }},
          std::move(connection), segments_)} {
    reclaimer_ = std::make_unique<Reclaimer>(segments_, *committer_, pins_);
    if (!to_free.empty())
        reclaimer_->add(std::move(to_free));
}

DataFolder::~DataFolder() {
    const bool in_doubt = !committer_->writable();
    // The committer's last commits may still tell the reclaimer of ranges, so that one only stops here.
    reclaimer_->stop();
    committer_.reset();
    // A folder that was closed well opens with nothing left to find out. When this fails, the next opening
    // does it.
    if (in_doubt)
        return;
    if (const auto connection = Connection::open(database_, Connection::Access::read_write))
        (void)seal_segments(**connection, segments_);
}

result<std::uint64_t> DataFolder::next_segment_number() {
    return committer_->run<std::uint64_t>([](Transaction& transaction) -> result<std::uint64_t> {
        const auto number = ++transaction.counters.last_segment;
        auto query = transaction.connection.query("INSERT INTO segment (number, sealed) VALUES (?, 0)");
        if (const auto inserted = query.bind(number).run(); !inserted)
            return inserted.error();
        return static_cast<std::uint64_t>(number);
    });
}

StoreStatistics DataFolder::statistics() const {
    auto statistics = committer_->statistics();
    statistics.bytes_to_free = reclaimer_->bytes_to_free();
    statistics.bytes_freed = reclaimer_->bytes_freed();
    return statistics;
}

} // namespace portrait::sqlite
