#pragma once

#include <portrait/duration_histogram.hpp>
#include <portrait/export.hpp>
#include <portrait/image_store.hpp>
#include <portrait/size_histogram.hpp>
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
class SqlitePersonDirectory;

/// Has SQLite keep no statistics of its memory, in the whole process: for them each of its allocations takes
/// a lock that all threads share, which reads of rows on many threads feel. For a process that is its own,
/// before the first use of SQLite; later it changes nothing and returns false.
PORTRAIT_EXPORT bool forgo_memory_statistics() noexcept;

/// Where the embedded store keeps its data, and how. The defaults suit a server.
struct SqliteOptions {
    /// Made (0700) when it is missing; its parent has to exist. An existing folder keeps its mode; what is
    /// made inside is 0600, folders 0700, whatever the umask.
    std::filesystem::path folder = "portrait-data";
    /// A segment file isn't filled beyond this; a picture that is larger gets a segment of its own. At least
    /// 4 KiB.
    std::uint64_t segment_bytes = 1024ULL * 1024 * 1024;
    /// Space is taken from the file system in steps of this size; 0: only what is needed.
    std::uint64_t preallocation_bytes = 64ULL * 1024 * 1024;
    /// At most so many reads of rows at the same time; more wait. At least 1. As many more connections answer
    /// `cached_image` and `cached_info`, for which nobody waits.
    std::size_t read_connections = 8;
    /// At most so many writes waiting for a commit; more are `service_busy`.
    std::size_t max_waiting_writes = 16'384;
    /// How long after a failed sync or commit the store first tries to reopen; doubles with each try, to a
    /// minute.
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
    std::uint64_t reopened = 0;       ///< times that the store closed for writes and came back
    std::uint64_t bytes_to_free = 0;  ///< of replaced and removed pictures, still taking space
    std::uint64_t bytes_freed = 0;    ///< given back to the file system
};

/// The embedded store: rows in SQLite (`portrait.db`), bytes in append-only files (`pictures/<number>.seg`).
///
/// Keeps every promise of `ImageStore`, durability included: a write is answered after its bytes and its row
/// have been synced to the disk. Writes that wait at the same time share one commit. Thread-safe.
///
/// One object owns a folder at a time, in this process or any other. After a sync or commit failed, writes
/// are `store_closed` and reads go on, until the store has reopened and checked itself, which it tries on its
/// own. A full disk is milder: the writes that met it are `store_full`, later ones may succeed.
///
/// Completions are called on the committing thread. They must not block, must not write to this store (that
/// is `service_busy`), and must not own the last reference to it.
class PORTRAIT_EXPORT SqliteImageStore final : public ImageStore {
public:
    /// Opens the folder, or makes it. Errors: `store_folder_missing` (no parent), `store_read_only`,
    /// `store_in_use`, `store_not_a_database`, `store_newer_schema`, `store_corrupt`, `store_full`,
    /// `store_io`.
    [[nodiscard]] static result<std::unique_ptr<SqliteImageStore>> open(SqliteOptions options);

    /// Waits until every write that was submitted is answered. The folder itself is closed and unlocked when
    /// the person directories of this store are gone, too.
    ~SqliteImageStore() override;

    [[nodiscard]] result<SavedImage> save(SaveImage command) override;
    /// Writes the bytes on the calling thread, which may block on the disk; the sync and the row come later.
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    /// What the page cache holds of row and bytes, checked like what comes from the disk; nothing for a
    /// picture of more than 256 KiB, which takes longer than a thread that serves many should spend at once.
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    /// By one query, however many.
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    [[nodiscard]] result<void> writable() const override;

    /// The persons of the same folder. Never null; may outlive the store and then keeps the folder open.
    std::shared_ptr<SqlitePersonDirectory> persons() const;

    /// Cheap enough for every scrape of a monitor.
    StoreStatistics statistics() const;

    /// Reads everything: SQLite's integrity check, every picture against its digest, every range of the
    /// segment files that no row names. Reads and writes go on meanwhile; what they free comes back a segment
    /// later. What is found is in the report; an error means that the check itself couldn't be done.
    [[nodiscard]] result<CheckReport> check(const ProgressListener& listener = {}) const;

    /// Copies the state of one moment into `target`, which can be served like any data folder, while reads
    /// and writes go on. Made (0700) when it is missing; when it holds an earlier backup of this folder, only
    /// what is new is copied, and what has been erased here is erased there. Until the new backup is whole
    /// and durable the earlier one stays as it was; one that was interrupted goes on where it was. Nothing
    /// that is freed meanwhile is given back before the end. Any thread; one call a target at a time.
    /// Errors: `store_in_use` when somebody has `target` open or it holds something else than a backup of
    /// this folder, `store_folder_missing`, `store_read_only`, `store_full`, `store_newer_schema`,
    /// `cancelled`, `store_io`.
    [[nodiscard]] result<CopyReport> backup(const std::filesystem::path& target,
                                            const ProgressListener& listener = {}) const;

    /// Persons who have a picture, by id, from the first one beyond `after` (absent: from the beginning); at
    /// most `most` of them. For going through all pictures a page at a time.
    [[nodiscard]] result<std::vector<PersonWithImage>> persons_with_image(std::optional<PersonId> after,
                                                                          std::size_t most) const;

private:
    explicit SqliteImageStore(std::shared_ptr<DataFolder> folder);

    std::shared_ptr<DataFolder> folder_;
};

} // namespace portrait::sqlite
