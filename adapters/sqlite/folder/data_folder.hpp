#pragma once

#include "commit/committer.hpp"
#include "commit/reader_pins.hpp"
#include "commit/reclaimer.hpp"
#include "folder/folder_lock.hpp"
#include "index/index_warmer.hpp"
#include "index/row_index.hpp"
#include "rows/blob_rows.hpp"
#include "segments/segments.hpp"

#include <portrait/pictures_in_use.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace portrait::sqlite {

/// The database and the folder of segments in a data folder.
inline constexpr const char* database_name = "portrait.db";
inline constexpr const char* pictures_name = "pictures";

/// The bytes of a record, for `PicturesInUse`.
struct RecordContent {
    ImageBytes bytes;
};

/// An open data folder: the lock, the database, the segment files, and the threads that write. Shared by the
/// store and its person directories; the last of them closes it. Thread-safe.
class DataFolder {
public:
    [[nodiscard]] static result<std::shared_ptr<DataFolder>> open(SqliteOptions options);

    ~DataFolder();

    Committer& committer() noexcept { return *committer_; }
    Segments& segments() noexcept { return segments_; }
    ConnectionPool& readers() noexcept { return readers_; }
    /// The rows in memory.
    RowIndex& index() noexcept { return index_; }
    ReaderPins& pins() noexcept { return pins_; }
    /// The records whose bytes are in memory, by their sequence.
    PicturesInUse<std::uint64_t, RecordContent>& records_in_use() noexcept { return records_in_use_; }
    const std::filesystem::path& database() const noexcept { return database_; }

    /// As `Committer::writable`; `store_io` when the folder was deleted.
    [[nodiscard]] result<void> writable() const {
        PORTRAIT_TRY(check_lock(lock_));
        return committer_->writable();
    }

    /// Of the store; doesn't change while the folder is open.
    const std::string& epoch() const noexcept { return epoch_; }

    /// A range for a picture of `length` bytes: a freed one if there is one of the same length, otherwise as
    /// `Segments::reserve`.
    [[nodiscard]] result<Reservation> reserve(std::uint64_t length) {
        auto again = reclaimer_->reuse(length);
        return again ? result<Reservation>{*std::move(again)} : segments_.reserve(length);
    }

    /// As `Reclaimer::erase_now`.
    [[nodiscard]] bool erase_freed(std::chrono::steady_clock::time_point deadline) {
        return reclaimer_->erase_now(deadline);
    }

    StoreStatistics statistics() const;

private:
    DataFolder(const SqliteOptions& options, FileDescriptor lock, std::unique_ptr<Reserve> reserve,
               std::string epoch, std::unique_ptr<Connection> connection,
               const std::vector<SegmentRange>& to_free);
    [[nodiscard]] result<std::uint64_t> next_segment_number();

    // The order matters: the last one is destroyed first.
    FileDescriptor lock_;
    std::filesystem::path database_;
    std::string epoch_;
    ReaderPins pins_;
    PicturesInUse<std::uint64_t, RecordContent> records_in_use_;
    Segments segments_;
    const std::unique_ptr<Reserve> reserve_;
    ConnectionPool readers_;
    RowIndex index_;
    std::unique_ptr<IndexWarmer> warmer_;  ///< null without an index
    std::unique_ptr<Reclaimer> reclaimer_; ///< uses the committer: made after it, and stopped before
    std::unique_ptr<Committer> committer_; ///< adds freed ranges to the reclaimer until its end
};

} // namespace portrait::sqlite
