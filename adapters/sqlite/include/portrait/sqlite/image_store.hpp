#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/export.hpp>
#include <portrait/histogram.hpp>
#include <portrait/image_store.hpp>
#include <portrait/sqlite/upkeep.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace portrait::sqlite {

class DataFolder;
class OpenFolder;
class SqlitePersonDirectory;

/// Disables SQLite's statistics of its memory in the whole process: for them each allocation takes a lock
/// that all threads share. Call it before the first use of SQLite; later it changes nothing and returns
/// false.
PORTRAIT_EXPORT bool forgo_memory_statistics() noexcept;

/// Options of the embedded store. The defaults suit a server.
struct SqliteOptions {
    /// Made with mode 0700 when it is missing; its parent must exist. An existing folder keeps its mode; one
    /// that other users can change is refused (see `Trusted::folder`).
    /// Files in it are made with 0600, folders with 0700, whatever the umask.
    std::filesystem::path folder = "portrait-data";
    /// Limit of a segment file's size, at least 4 KiB. A larger picture gets a segment of its own.
    std::uint64_t segment_bytes = 1024ULL * 1024 * 1024;
    /// Disk space is allocated in steps of this size; 0: as needed.
    std::uint64_t preallocation_bytes = 64ULL * 1024 * 1024;
    /// Limit of reads of rows at the same time, at least 1; more wait.
    std::size_t read_connections = 8;
    /// Limit of the memory in which the store keeps the rows of pictures, to find them without the disk:
    /// about 50 bytes for each person with a picture, so the default is enough for two million. Rows beyond
    /// it are read from the database. A thread fills it after the opening. 0: none are kept, and
    /// `cached_image` and `cached_info` return nothing.
    std::uint64_t index_bytes = 128ULL << 20;
    /// Limit of writes that wait for a commit, at least 1; more are `service_busy`.
    std::size_t max_waiting_writes = 16'384;
    /// Records all changes of pictures; called on the committing thread. May be null.
    std::shared_ptr<AuditLog> audit{};
    /// The time from a failed sync or commit to the first try to reopen; doubles with each try, up to 60 s.
    std::chrono::milliseconds reopen_delay{1000};
};

/// Figures of a store since it was opened.
struct StoreStatistics {
    std::uint64_t commits = 0;        ///< transactions that were made durable
    std::uint64_t writes = 0;         ///< members of these transactions that succeeded: saves and all others
    std::uint64_t refused_writes = 0; ///< members that failed alone, such as by a precondition
    std::uint64_t largest_batch = 0;  ///< members of the largest transaction
    SizeHistogram batch_sizes;        ///< members of each durable transaction
    DurationHistogram commit_times;   ///< of the durable transactions, syncs included
    std::uint64_t failed_batches = 0; ///< transactions that failed as a whole
    std::uint64_t reopened = 0;       ///< times that the store reopened after a failure
    std::uint64_t bytes_to_free = 0;  ///< of replaced and removed pictures, still on the disk
    std::uint64_t bytes_freed = 0;    ///< erased: given back, or overwritten by other pictures
    std::uint64_t index_bytes = 0;    ///< of memory with rows, at most `SqliteOptions::index_bytes`
    bool full = false;                ///< saves are `store_full` until the disk has room again
};

/// The embedded store: rows in SQLite (`portrait.db`), bytes in append-only files (`pictures/<number>.seg`).
///
/// A write is answered after its bytes and its row have been synced to the disk. Writes that wait at the same
/// time share one commit. Thread-safe. One object owns a folder at a time, in all processes.
///
/// After a failed sync or commit, writes are `store_closed` and reads work, until the store has reopened and
/// checked itself.
///
/// On a full disk, saves and other writes that take room are `store_full`; pictures can be read and removed,
/// and the folder can be opened: 4 MiB of room are kept for that, in the file `reserve`. Saves work again
/// when the disk has as much room left.
///
/// Completions are called on the committing thread. They must not block, must not write to this store (that
/// is `service_busy`), and must not own the last reference to it.
///
/// ```cpp
/// auto store = portrait::sqlite::SqliteImageStore::open({.folder = "portrait-data"});
/// if (!store)
///     return report(store.error());
/// auto persons = (*store)->persons();
/// portrait::PersonImageService service{std::move(*store), persons};
/// ```
class PORTRAIT_EXPORT SqliteImageStore final : public ImageStore {
public:
    /// Opens or makes the folder. Errors: `store_folder_missing` (no parent), `store_read_only`,
    /// `store_in_use`, `store_not_a_database`, `store_newer_schema`, `store_corrupt`, `store_full`,
    /// `store_io`, `file_invalid` (other users can change the folder).
    [[nodiscard]] static result<std::unique_ptr<SqliteImageStore>> open(SqliteOptions options);

    /// Waits until all submitted writes are answered. Closes and unlocks the folder, unless a person
    /// directory of this store still uses it.
    ~SqliteImageStore() override;

    [[nodiscard]] result<SavedImage> save(SaveImage command) override;
    /// Writes the bytes on the calling thread, which may block on the disk; sync and row follow later.
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    /// Present if the row is in memory and the bytes in the page cache; they are verified as always. Absent
    /// for a picture of more than 256 KiB, which would keep the calling thread for too long.
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    /// Runs one query for all persons.
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override;
    [[nodiscard]] result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    /// Waits up to 5 s for readers that began before, and searches the whole of `portrait.db` for copies of
    /// the row (about 1 s for each gigabyte).
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override;
    [[nodiscard]] result<std::optional<Erasure>> last_erasure(PersonId person_id) const override;
    [[nodiscard]] result<std::int64_t> erasures() const override;
    /// Made with the folder, and anew by `restore`.
    std::string epoch() const override;
    [[nodiscard]] result<void> writable() const override;

    /// The persons of this folder. Never null; keeps the folder open even without the store.
    std::shared_ptr<SqlitePersonDirectory> persons() const;

    /// Takes microseconds.
    StoreStatistics statistics() const;

    /// Reads the whole folder: runs SQLite's integrity check, compares all pictures with their digests, and
    /// looks for data in ranges that no row names. Reads and writes work meanwhile; ranges that they free are
    /// erased when the check is done with the segment. Errors: the check couldn't be done. Damages are in the
    /// report.
    [[nodiscard]] result<CheckReport> check(const ProgressListener& listener = {}) const;

    /// Looks for what is left of an erased person: in the rows, in ranges that wait to be erased, in the
    /// write-ahead log, and in the segment files, by the records of all erasures of the person. Erases
    /// leftovers first, as `erase` does.
    [[nodiscard]] result<ErasureCheck> verify_erased(PersonId person_id) const;

    /// Copies the state of one moment into `target`, which is a data folder then; reads and writes work
    /// meanwhile. Makes `target` (0700) when it is missing. When it holds an earlier backup of this folder,
    /// copies new pictures only and erases there the ones erased here; the earlier backup stays whole until
    /// the new one is durable, and an interrupted one is continued. Ranges freed meanwhile are erased after
    /// the end. One call for a target at a time. Errors: `store_in_use` when `target` is open or holds other
    /// data, `store_folder_missing`, `store_read_only`, `store_full`, `store_newer_schema`, `cancelled`,
    /// `store_io`, and `file_invalid` when other users can change `target`, when it is a symbolic link, or
    /// when one of the files to be written in it is a link or no file.
    [[nodiscard]] result<CopyReport> backup(const std::filesystem::path& target,
                                            const ProgressListener& listener = {}) const;
    /// Copies into an open folder, such as one that another process has opened.
    [[nodiscard]] result<CopyReport> backup(const OpenFolder& target,
                                            const ProgressListener& listener = {}) const;

private:
    explicit SqliteImageStore(std::shared_ptr<DataFolder> folder);

    std::shared_ptr<DataFolder> folder_;
};

} // namespace portrait::sqlite
