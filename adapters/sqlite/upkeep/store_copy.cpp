#include "folder/data_folder.hpp"
#include "folder/folder_lock.hpp"
#include "rows/erasures.hpp"
#include "rows/schema.hpp"
#include "upkeep/erasing.hpp"
#include "upkeep/placed_records.hpp"

#include <portrait/sqlite/open_folder.hpp>

#include <boost/algorithm/string/replace.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>

namespace portrait::sqlite {
namespace {

namespace fs = std::filesystem;

/// The copy's database until the copy is whole. Also marks the pictures beside it as an unfinished copy's.
constexpr const char* partial_name = "portrait.db.partial";

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

Error target_refused(std::string message, const fs::path& path) {
    return Error{errc::store_in_use, std::move(message)}.with_cause(path.string());
}

/// So many bytes are written before the disk begins with them, so that it works while the next are read.
constexpr std::uint64_t bytes_between_syncs = 16ULL << 20;

constexpr std::array log_suffixes{"-journal", "-wal", "-shm"};

/// Checks all files that a copy may open or replace in a folder, before it opens the first.
[[nodiscard]] result<void> check_files(const OpenFolder& folder) {
    PORTRAIT_TRY(folder.check_file(lock_name));
    for (const char* name : {database_name, partial_name}) {
        PORTRAIT_TRY(folder.check_file(name));
        for (const char* suffix : log_suffixes)
            PORTRAIT_TRY(folder.check_file(std::string{name} + suffix));
    }
    return folder.check_subfolder(pictures_name);
}

/// The error with the folder's name in its cause in place of the path through the descriptor.
Error named(const Error& error, const OpenFolder& folder) {
    return Error{error}.with_cause(
        boost::replace_all_copy(error.cause(), folder.path().string(), folder.name().string()));
}

/// Locks the folder of a copy, and refuses one that holds other data.
[[nodiscard]] result<FileDescriptor> lock_target(const OpenFolder& target, bool may_hold_earlier_copy) {
    PORTRAIT_TRY(check_files(target));
    const auto folder = target.path();
    PORTRAIT_TRY_GET(lock, lock_folder(folder));
    const auto pictures = folder / pictures_name;
    const bool has_database = is_there(folder / database_name);
    if (has_database && !may_hold_earlier_copy)
        return target_refused("The folder holds a database already, and nothing is overwritten", folder);
    std::error_code missing;
    if (!has_database && !is_there(folder / partial_name) && !fs::is_empty(pictures, missing) && !missing)
        return target_refused("The folder holds pictures already, and nothing is overwritten", folder);
    PORTRAIT_TRY(make_folder(pictures));
    return std::move(lock);
}

/// One copy: first the rows as they are now, then their records. The caller prevents that one of these is
/// erased meanwhile. Renames the database last: an earlier copy stays as it is until then, since records are
/// only added to it.
class StoreCopy {
public:
    StoreCopy(Connection& source, Segments& segments, const fs::path& target,
              const ProgressListener& listener)
        : source_{source}
        , segments_{segments}
        , folder_{target}
        , pictures_{target / pictures_name}
        , listener_{listener} {}

    /// `amend` may change the copied rows before the records are copied.
    [[nodiscard]] result<CopyReport> run(const std::function<result<void>(Connection& rows)>& amend = {}) {
        PORTRAIT_TRY(copy_rows());
        if (amend)
            PORTRAIT_TRY(amend(*rows_));
        PORTRAIT_TRY(open_earlier());
        PORTRAIT_TRY(copy_records());
        earlier_.reset();
        PORTRAIT_TRY(rename_database());
        PORTRAIT_TRY(erase_unnamed());
        return std::move(report_);
    }

private:
    [[nodiscard]] result<void> copy_rows() {
        const auto path = folder_ / partial_name;
        PORTRAIT_TRY(remove_file(path));
        for (const char* suffix : log_suffixes)
            PORTRAIT_TRY(remove_file(path.string() + suffix));
        PORTRAIT_TRY(make_file(path));
        // One transaction for all pages: a copy in steps would start again after every commit. It ends here,
        // so that the source's log can be emptied while the records are copied.
        PORTRAIT_TRY(source_.transact("BEGIN", [&] {
            return source_.copy_to(path, [&](std::uint64_t done, std::uint64_t total) {
                return report_progress(listener_, {"database", done, total}).has_value();
            });
        }));
        PORTRAIT_TRY_GET(rows, Connection::open(path, Connection::Access::read_write));
        rows_ = std::move(rows);
        return {};
    }

    /// Opens the database of an earlier copy if there is one.
    [[nodiscard]] result<void> open_earlier() {
        const auto path = folder_ / database_name;
        if (!is_there(path))
            return {};
        PORTRAIT_TRY_GET(opened, Connection::open(path, Connection::Access::read_write));
        PORTRAIT_TRY(checked_schema(*opened));
        earlier_ = std::move(opened);
        // A server may have used this copy and left a log, which must not be applied to the new database.
        return earlier_->checkpoint(true);
    }

    [[nodiscard]] result<void> copy_records() {
        PORTRAIT_TRY_GET(totals, totals_of(*rows_));
        std::tie(report_.pictures, report_.bytes) = totals;
        PORTRAIT_TRY_GET(numbers, segments_with_records(*rows_));
        for (const auto number : numbers)
            PORTRAIT_TRY(copy_segment(number));
        return sync_folder(pictures_);
    }

    [[nodiscard]] result<void> copy_segment(std::uint64_t number) {
        PORTRAIT_TRY_GET(records, records_of(*rows_, number));
        PORTRAIT_TRY_GET(earlier_records,
                         earlier_ ? records_of(*earlier_, number) : std::vector<PlacedRecord>{});
        const auto source = SegmentFile::open(segments_.folder(), number, SegmentFile::ReadOrder::ascending);
        if (!source && source.error() != errc::store_corrupt)
            return source.error();
        std::shared_ptr<SegmentFile> target;
        auto earlier = earlier_records.begin();
        for (const auto& record : records) {
            earlier = std::find_if(earlier, earlier_records.end(), [&](const PlacedRecord& candidate) {
                return candidate.end() > record.place.range.offset;
            });
            const bool same = earlier != earlier_records.end() && earlier->is_same_as(record);
            if (!same && earlier != earlier_records.end() && earlier->place.range.offset < record.end())
                return target_refused("The folder holds the backup of another store; choose another one",
                                      folder_);
            if (!same) {
                if (!target) {
                    PORTRAIT_TRY(make_file(SegmentFile::path_of(pictures_, number)));
                    PORTRAIT_TRY_GET(opened,
                                     SegmentFile::open(pictures_, number, SegmentFile::ReadOrder::ascending));
                    target = std::move(opened);
                }
                PORTRAIT_TRY(copy_record(source, record, *target));
            }
            done_ += record.size;
            PORTRAIT_TRY(report_progress(listener_, {"pictures", done_, report_.bytes}));
        }
        return target ? target->sync() : result<void>{};
    }

    [[nodiscard]] result<void> copy_record(const result<std::shared_ptr<SegmentFile>>& source,
                                           const PlacedRecord& record, SegmentFile& target) {
        // An interrupted copy may have written it.
        if (target.read(record.place, record.size, record.digest).has_value())
            return {};
        const auto bytes =
            source ? (*source)->read(record.place, record.size, record.digest) : source.error();
        if (!bytes && bytes.error() != errc::store_corrupt && bytes.error() != errc::store_io)
            return bytes.error();
        if (!bytes) {
            add_damage(report_, damage_of(*rows_, record, bytes.error()));
            return {};
        }
        ++report_.copied_pictures;
        report_.copied_bytes += record.size;
        PORTRAIT_TRY(target.write(record.place, bytes->view(), record.digest));
        unsynced_ += record.size;
        if (unsynced_ >= bytes_between_syncs) {
            target.start_sync();
            unsynced_ = 0;
        }
        return {};
    }

    [[nodiscard]] result<void> rename_database() {
        rows_.reset();
        for (const char* suffix : {"-wal", "-shm"})
            PORTRAIT_TRY(remove_file((folder_ / database_name).string() + suffix));
        // Before the rename: a power cut may keep the new name and bring an earlier database's log back.
        PORTRAIT_TRY(sync_folder(folder_));
        const auto to = folder_ / database_name;
        if (::rename((folder_ / partial_name).c_str(), to.c_str()) != 0)
            return error_of_errno(errno, "rename", to);
        return sync_folder(folder_);
    }

    /// Erases ranges that no new row names: pictures of an earlier copy, leftovers of an interrupted one.
    [[nodiscard]] result<void> erase_unnamed() {
        PORTRAIT_TRY_GET(rows, Connection::open(folder_ / database_name, Connection::Access::query_only));
        PORTRAIT_TRY_GET(files, SegmentFile::list(pictures_));
        for (const auto& [name, number] : files) {
            PORTRAIT_TRY_GET(records, records_of(*rows, number));
            PORTRAIT_TRY(erase_within(number, records));
        }
        return sync_folder(pictures_);
    }

    [[nodiscard]] result<void> erase_within(std::uint64_t number, const std::vector<PlacedRecord>& records) {
        const auto path = SegmentFile::path_of(pictures_, number);
        if (records.empty())
            return remove_file(path);
        PORTRAIT_TRY_GET(file, SegmentFile::open(pictures_, number));
        std::uint64_t end = 0;
        for (const auto& record : records) {
            if (record.place.range.offset > end)
                PORTRAIT_TRY(file->erase({number, end, record.place.range.offset - end}));
            end = std::max(end, record.end());
        }
        PORTRAIT_TRY_GET(size, file->size());
        if (size > end && ::truncate(path.c_str(), static_cast<off_t>(end)) != 0)
            return error_of_errno(errno, "truncate", path);
        return file->sync();
    }

    Connection& source_;
    Segments& segments_;
    const fs::path folder_;
    const fs::path pictures_;
    const ProgressListener& listener_;
    std::unique_ptr<Connection> rows_;    ///< of this copy
    std::unique_ptr<Connection> earlier_; ///< of the earlier copy; null when there is none
    CopyReport report_;
    std::uint64_t done_ = 0;
    std::uint64_t unsynced_ = 0; ///< bytes that `start_sync` doesn't know
};

} // namespace

result<CopyReport> SqliteImageStore::backup(const std::filesystem::path& target,
                                            const ProgressListener& listener) const {
    PORTRAIT_TRY_GET(folder, OpenFolder::open_or_make(target));
    return backup(folder, listener);
}

result<CopyReport> SqliteImageStore::backup(const OpenFolder& target,
                                            const ProgressListener& listener) const {
    PORTRAIT_TRY_GET(connection, Connection::open(folder_->database(), Connection::Access::query_only));
    // Held from before the first row is read until the last record is copied.
    const ReaderPins::Pin pin{folder_->pins()};
    const auto lock = lock_target(target, true);
    if (!lock)
        return named(lock.error(), target);
    // The next backup into the folder expects each of these records at its place or erased, but no other
    // there. The pin keeps them from being freed until their segment is sealed.
    const auto seal = [&](Connection&) {
        folder_->segments().seal_current();
        return result<void>{};
    };
    auto report = StoreCopy{*connection, folder_->segments(), target.path(), listener}.run(seal);
    return report ? std::move(report) : named(report.error(), target);
}

namespace {

/// Makes copied rows those of a store of its own: with the present schema, another epoch, and without the
/// persons that were erased in `erased_in` (absent: none) later. Returns their number.
[[nodiscard]] result<std::uint64_t> make_independent(Connection& rows,
                                                     const std::optional<fs::path>& erased_in) {
    PORTRAIT_TRY_GET(version, checked_schema(rows));
    PORTRAIT_TRY(migrate(rows, version));
    std::unique_ptr<Connection> erased;
    if (erased_in) {
        PORTRAIT_TRY_GET(opened,
                         Connection::open(*erased_in / database_name, Connection::Access::query_only));
        PORTRAIT_TRY_GET(erased_version, checked_schema(*opened));
        if (erased_version == schema_version()) // else it is older than erasures
            erased = std::move(opened);
    }
    std::uint64_t repeated = 0;
    PORTRAIT_TRY(rows.transact("BEGIN IMMEDIATE", [&]() -> result<void> {
        if (erased) {
            PORTRAIT_TRY_GET(count, repeat_erasures(*erased, rows));
            repeated = count;
        }
        return renew_epoch(rows);
    }));
    // Unused parts of the pages may have copies of erased rows.
    PORTRAIT_TRY(rows.execute("VACUUM"));
    return repeated;
}

} // namespace

result<CopyReport> restore(const std::filesystem::path& backup, const std::filesystem::path& folder,
                           const ProgressListener& listener,
                           const std::optional<std::filesystem::path>& erased_in) {
    if (!is_there(backup / database_name))
        return Error{errc::store_not_a_database, "The folder holds no backup"}.with_cause(backup.string());
    if (erased_in && !is_there(*erased_in / database_name))
        return Error{errc::store_not_a_database, "The folder of the erasures holds no data"}.with_cause(
            erased_in->string());
    PORTRAIT_TRY_GET(from, OpenFolder::open(backup));
    std::uint64_t repeated = 0;
    const auto amend = [&](Connection& rows) -> result<void> {
        PORTRAIT_TRY_GET(count, make_independent(rows, erased_in));
        repeated = count;
        return {};
    };
    auto done = [&]() -> result<CopyReport> {
        const auto source = from.path();
        PORTRAIT_TRY(check_files(from));
        const auto backup_lock = lock_folder(source);
        if (!backup_lock)
            return backup_lock.error();
        PORTRAIT_TRY_GET(connection,
                         Connection::open(source / database_name, Connection::Access::read_write));
        PORTRAIT_TRY_GET(version, checked_schema(*connection));
        if (version == 0)
            return Error{errc::store_not_a_database, "The backup is empty"}.with_cause(source.string());
        Segments segments{source / pictures_name, SegmentFile::Growth{}, Segments::NumberSource{}};
        PORTRAIT_TRY_GET(to, OpenFolder::open_or_make(folder));
        const auto lock = lock_target(to, false);
        if (!lock)
            return named(lock.error(), to);
        auto report = StoreCopy{*connection, segments, to.path(), listener}.run(amend);
        return report ? std::move(report) : named(report.error(), to);
    }();
    if (!done)
        return named(done.error(), from);
    done->erased_persons = repeated;
    return done;
}

} // namespace portrait::sqlite
