#pragma once

#include "commit/committer.hpp"
#include "commit/reader_pins.hpp"
#include "commit/reclaimer.hpp"
#include "folder/folder_lock.hpp"
#include "resident/resident_readers.hpp"
#include "rows/blob_rows.hpp"
#include "rows/connection_pool.hpp"
#include "segments/segments.hpp"

#include <portrait/pictures_in_use.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <cstdint>
#include <memory>

namespace portrait::sqlite {

/// The database and the folder of segments in a data folder.
inline constexpr const char* database_name = "portrait.db";
inline constexpr const char* pictures_name = "pictures";

/// The bytes of a record, as `PicturesInUse` keeps track of them.
struct RecordContent {
    ImageBytes bytes;
};

/// An open data folder: the lock, the database and the segment files, and the threads that write. Shared by
/// the store and the person directory; closes the folder when the last of them goes. Thread-safe.
class DataFolder {
    struct Key {};

public:
    [[nodiscard]] static result<std::shared_ptr<DataFolder>> open(SqliteOptions options);

    DataFolder(Key, const SqliteOptions& options, FolderLock lock, std::unique_ptr<Connection> connection,
               std::vector<SegmentRange> to_free);
    ~DataFolder();

    Committer& committer() noexcept { return *committer_; }
    Segments& segments() noexcept { return segments_; }
    ConnectionPool& readers() noexcept { return readers_; }
    /// For queries that must not block.
    ResidentReaders& resident_readers() noexcept { return resident_readers_; }
    ReaderPins& pins() noexcept { return pins_; }
    /// The records whose bytes are in memory, by the sequence that no two records share.
    PicturesInUse<std::uint64_t, RecordContent>& records_in_use() noexcept { return records_in_use_; }
    const std::filesystem::path& database() const noexcept { return database_; }

    StoreStatistics statistics() const;

private:
    [[nodiscard]] result<std::uint64_t> next_segment_number();

    // In this order: what is last here goes first.
    FolderLock lock_;
    std::filesystem::path database_;
    ReaderPins pins_;
    PicturesInUse<std::uint64_t, RecordContent> records_in_use_;
    Segments segments_;
    const result<ResidentFiles> resident_files_; ///< an error costs nothing but speed
    ConnectionPool readers_;
    ResidentReaders resident_readers_; ///< goes before `readers_`, whose last connection then closes the log
    std::unique_ptr<Reclaimer>
        reclaimer_; ///< made after the committer, which tells it what is freed, and stopped before
    std::unique_ptr<Committer> committer_;
};

} // namespace portrait::sqlite
