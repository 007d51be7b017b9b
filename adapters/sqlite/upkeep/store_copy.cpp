#include "upkeep/store_copy.hpp"

#include "folder/data_folder.hpp"
#include "folder/folder_lock.hpp"
#include "rows/schema.hpp"
#include "upkeep/placed_records.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

namespace portrait::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr const char* partial_name = "portrait.db.partial"; ///< also says that what is there is our own work

[[nodiscard]] result<fs::path> absolute_folder(const fs::path& folder) {
    std::error_code failure;
    auto path = fs::absolute(folder, failure).lexically_normal();
    if (failure)
        return error_of_errno(failure.value(), "getcwd");
    return path.has_filename() ? path : path.parent_path();
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

bool has_nothing(const fs::path& folder) {
    std::error_code failure;
    return fs::is_empty(folder, failure) || failure;
}

Error in_the_way(std::string message, const fs::path& path) {
    return Error{errc::store_in_use, std::move(message)}.with_cause(path.string());
}

[[nodiscard]] result<void> remove_file(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return error_of_errno(errno, "unlink", path);
    return {};
}

/// The number of a segment file's name, nothing for other files.
std::optional<std::uint64_t> segment_number(const fs::path& path) {
    const auto name = path.filename().string();
    std::uint64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec != std::errc{} || std::string_view{read.ptr} != ".seg")
        return std::nullopt;
    return number;
}

/// The target's folder, locked and judged.
[[nodiscard]] result<FolderLock> take_target(const CopyTarget& target) {
    if (auto made = make_folder(target.folder); !made)
        return made.error();
    auto lock = FolderLock::take(target.folder);
    if (!lock)
        return lock;
    const bool has_database = is_there(target.folder / database_name);
    if (has_database && !target.may_hold_earlier_copy)
        return in_the_way("The folder holds a database already, and nothing is overwritten", target.folder);
    if (!has_database && !is_there(target.folder / partial_name) &&
        !has_nothing(target.folder / pictures_name))
        return in_the_way("The folder holds pictures already, and nothing is overwritten", target.folder);
    if (auto made = make_folder(target.folder / pictures_name); !made)
        return made.error();
    return lock;
}

/// A copy at work.
class StoreCopy {
public:
    StoreCopy(Connection& source, Segments& segments, const CopyTarget& target,
              const ProgressListener& listener)
        : source_{source}
        , segments_{segments}
        , folder_{target.folder}
        , pictures_{target.folder / pictures_name}
        , listener_{listener} {}

    [[nodiscard]] result<CopyReport> run() {
        if (auto copied = copy_rows(); !copied)
            return copied.error();
        if (auto opened = open_earlier(); !opened)
            return opened.error();
        if (auto copied = copy_records(); !copied)
            return copied.error();
        earlier_.reset();
        if (auto put = put_database(); !put)
            return put.error();
        if (auto erased = erase_the_rest(); !erased)
            return erased.error();
        return std::move(report_);
    }

private:
    [[nodiscard]] result<void> tell(std::string_view step, std::uint64_t done, std::uint64_t total) const {
        if (listener_ && !listener_({step, done, total}))
            return Error{errc::cancelled};
        return {};
    }

    [[nodiscard]] result<void> copy_rows() {
        const auto path = folder_ / partial_name;
        for (const char* more : {"", "-journal", "-wal", "-shm"})
            if (auto removed = remove_file(path.string() + more); !removed)
                return removed;
        if (auto made = make_file(path); !made)
            return made;
        // One transaction for all pages: a copy in steps would start over with every commit in between.
        if (auto begun = source_.execute("BEGIN"); !begun)
            return begun;
        auto copied = source_.copy_to(path, [&](std::uint64_t done, std::uint64_t total) {
            return tell("database", done, total).has_value();
        });
        // What follows goes by the copy, so that the source's log doesn't have to grow until the end.
        if (auto ended = source_.execute("COMMIT"); !ended && copied)
            return ended;
        if (!copied)
            return copied;
        auto rows = Connection::open(path, Connection::Access::read_write);
        if (!rows)
            return rows.error();
        rows_ = std::move(*rows);
        return {};
    }

    /// The rows of the copy that is there from before, when there is one.
    [[nodiscard]] result<void> open_earlier() {
        if (!is_there(folder_ / database_name))
            return {};
        auto opened = Connection::open(folder_ / database_name, Connection::Access::read_write);
        if (!opened)
            return opened.error();
        if (auto version = judge_schema(**opened); !version)
            return version.error();
        earlier_ = std::move(*opened);
        // A server that had this copy open may have left a log, which must not meet another database.
        return earlier_->checkpoint(true);
    }

    [[nodiscard]] result<void> copy_records() {
        const auto totals = totals_of(*rows_);
        if (!totals)
            return totals.error();
        report_.pictures = totals->pictures;
        report_.bytes = totals->bytes;
        const auto numbers = segments_with_records(*rows_);
        if (!numbers)
            return numbers.error();
        for (const auto number : *numbers)
            if (auto copied = copy_segment(number); !copied)
                return copied;
        return sync_folder(pictures_);
    }

    [[nodiscard]] result<void> copy_segment(std::uint64_t number) {
        auto wanted = records_of(*rows_, number);
        if (!wanted)
            return wanted.error();
        auto there = earlier_ ? records_of(*earlier_, number) : result<std::vector<PlacedRecord>>{};
        if (!there)
            return there.error();
        const auto source = segments_.file(number);
        if (!source && source.error() != errc::store_corrupt)
            return source.error();
        std::shared_ptr<SegmentFile> target;
        auto earlier = there->begin();
        for (const auto& record : *wanted) {
            while (earlier != there->end() && earlier->end() <= record.place.range.offset)
                ++earlier;
            const bool same = earlier != there->end() && earlier->is_same_as(record);
            if (!same && earlier != there->end() && earlier->place.range.offset < record.end())
                return in_the_way("The folder holds the backup of another store; choose another one",
                                  folder_);
            if (!same)
                if (auto copied = copy_record(source, record, target, number); !copied)
                    return copied;
            done_ += record.size;
            if (auto told = tell("pictures", done_, report_.bytes); !told)
                return told;
        }
        return target ? target->sync() : result<void>{};
    }

    [[nodiscard]] result<void> copy_record(const result<std::shared_ptr<SegmentFile>>& source,
                                           const PlacedRecord& record, std::shared_ptr<SegmentFile>& target,
                                           std::uint64_t number) {
        if (!target) {
            auto opened = open_target(number);
            if (!opened)
                return opened.error();
            target = std::move(*opened);
        }
        // An interrupted copy may have brought it.
        if (target->read(record.place, record.size, record.digest).has_value())
            return {};
        const auto bytes = source ? (*source)->read(record.place, record.size, record.digest)
                                  : result<ImageBytes>{source.error()};
        if (!bytes && bytes.error() != errc::store_corrupt && bytes.error() != errc::store_io)
            return bytes.error();
        if (!bytes) {
            add_damage(report_, damage_of(*rows_, record, bytes.error()));
            return {};
        }
        ++report_.copied_pictures;
        report_.copied_bytes += record.size;
        return target->put(record.place, bytes->view(), record.digest);
    }

    [[nodiscard]] result<std::shared_ptr<SegmentFile>> open_target(std::uint64_t number) {
        if (auto made = make_file(SegmentFile::path_of(pictures_, number)); !made)
            return made.error();
        return SegmentFile::open(pictures_, number);
    }

    [[nodiscard]] result<void> put_database() {
        rows_.reset();
        for (const char* more : {"-wal", "-shm"})
            if (auto removed = remove_file((folder_ / database_name).string() + more); !removed)
                return removed;
        const auto from = folder_ / partial_name;
        const auto to = folder_ / database_name;
        if (::rename(from.c_str(), to.c_str()) != 0)
            return error_of_errno(errno, "rename", to);
        return sync_folder(folder_);
    }

    /// What the new rows don't name: erased pictures of an earlier copy, leftovers of an interrupted one.
    [[nodiscard]] result<void> erase_the_rest() {
        auto rows = Connection::open(folder_ / database_name, Connection::Access::query_only);
        if (!rows)
            return rows.error();
        std::vector<std::uint64_t> numbers;
        std::error_code failure;
        for (fs::directory_iterator entry{pictures_, failure}, end; !failure && entry != end;
             entry.increment(failure))
            if (const auto number = segment_number(entry->path()))
                numbers.push_back(*number);
        if (failure)
            return error_of_errno(failure.value(), "readdir", pictures_);
        for (const auto number : numbers) {
            const auto records = records_of(**rows, number);
            if (!records)
                return records.error();
            if (auto done = erase_within(number, *records); !done)
                return done;
        }
        return sync_folder(pictures_);
    }

    [[nodiscard]] result<void> erase_within(std::uint64_t number, const std::vector<PlacedRecord>& records) {
        const auto path = SegmentFile::path_of(pictures_, number);
        if (records.empty())
            return remove_file(path);
        const auto file = SegmentFile::open(pictures_, number);
        if (!file)
            return file.error();
        std::uint64_t end = 0;
        for (const auto& record : records) {
            if (record.place.range.offset > end)
                if (auto erased = (*file)->erase({number, end, record.place.range.offset - end}); !erased)
                    return erased;
            end = std::max(end, record.end());
        }
        const auto size = (*file)->size();
        if (!size)
            return size.error();
        if (*size > end && ::truncate(path.c_str(), static_cast<off_t>(end)) != 0)
            return error_of_errno(errno, "truncate", path);
        return (*file)->sync();
    }

    Connection& source_;
    Segments& segments_;
    const fs::path folder_;
    const fs::path pictures_;
    const ProgressListener& listener_;
    std::unique_ptr<Connection> rows_;    ///< of the copy
    std::unique_ptr<Connection> earlier_; ///< of the copy before
    CopyReport report_;
    std::uint64_t done_ = 0;
};

} // namespace

[[nodiscard]] result<CopyReport> copy_store(Connection& connection, Segments& segments,
                                            const CopyTarget& target, const ProgressListener& listener) {
    const auto lock = take_target(target);
    if (!lock)
        return lock.error();
    return StoreCopy{connection, segments, target, listener}.run();
}

result<CopyReport> SqliteImageStore::backup(const std::filesystem::path& target,
                                            const ProgressListener& listener) const {
    const auto folder = absolute_folder(target);
    if (!folder)
        return folder.error();
    const auto connection = Connection::open(folder_->database(), Connection::Access::query_only);
    if (!connection)
        return connection.error();
    // Before the first row is read, and until the last record is copied.
    const ReaderPins::Pin pin{folder_->pins()};
    return copy_store(**connection, folder_->segments(), {*folder, true}, listener);
}

[[nodiscard]] result<CopyReport> restore(const std::filesystem::path& backup,
                                         const std::filesystem::path& folder,
                                         const ProgressListener& listener) {
    const auto from = absolute_folder(backup);
    if (!from)
        return from.error();
    const auto to = absolute_folder(folder);
    if (!to)
        return to.error();
    if (!is_there(*from / database_name))
        return Error{errc::store_not_a_database, "The folder holds no backup"}.with_cause(from->string());
    const auto lock = FolderLock::take(*from);
    if (!lock)
        return lock.error();
    const auto connection = Connection::open(*from / database_name, Connection::Access::read_write);
    if (!connection)
        return connection.error();
    const auto version = judge_schema(**connection);
    if (!version)
        return version.error();
    if (*version == 0)
        return Error{errc::store_not_a_database, "The backup is empty"}.with_cause(from->string());
    Segments segments{*from / pictures_name, SegmentFile::Growth{}, Segments::NumberSource{}};
    return copy_store(**connection, segments, {*to, false}, listener);
}

} // namespace portrait::sqlite
