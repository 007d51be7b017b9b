#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_info.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The move of a whole store into one of another kind: its rows as plain data, and the two ports that meet in
/// it. `transfer_store` moves; adapters implement the ports.
namespace portrait {

/// A person's link to a picture, or what is left of it: its numbers may not be given again.
struct TransferredSlot {
    PersonId person_id;
    std::optional<BlobId> blob_id{}; ///< absent: the person was unlinked
    std::int64_t link_version = 0;   ///< the person's next link gets a higher one
    Timestamp linked_at{};
    /// Of the last picture of a person that has none now, otherwise absent.
    std::optional<std::chrono::sys_seconds> last_modified{};

    friend bool operator==(const TransferredSlot&, const TransferredSlot&) = default;
};

/// A row of the table of persons.
struct TransferredPerson {
    PersonId person_id;
    std::string name;

    friend bool operator==(const TransferredPerson&, const TransferredPerson&) = default;
};

/// The last erasure of a person.
struct TransferredErasure {
    PersonId person_id;
    Erasure erasure;

    friend bool operator==(const TransferredErasure&, const TransferredErasure&) = default;
};

/// A blob with its bytes, which a blob without a format doesn't have.
struct TransferredBlob {
    ImageInfo info; ///< as read by BlobId
    ImageBytes bytes{};
};

/// What a store has beside its rows.
struct StoreCounters {
    std::string epoch;
    std::int64_t last_blob_id = 0; ///< the next blob gets a higher one, whatever blobs there are
    std::int64_t last_version = 0; ///< no blob and no link has had a higher version
    std::int64_t last_erasure = 0; ///< the number of erasures of this epoch

    friend bool operator==(const StoreCounters&, const StoreCounters&) = default;
};

/// The number of a store's rows, and of the pictures' bytes.
struct StoreTotals {
    std::uint64_t blobs = 0;
    std::uint64_t pictures = 0; ///< blobs with bytes
    std::uint64_t bytes = 0;    ///< of these
    std::uint64_t slots = 0;
    std::uint64_t persons = 0;
    std::uint64_t erasures = 0; ///< persons that were erased
    std::uint64_t forgotten = 0;

    friend bool operator==(const StoreTotals&, const StoreTotals&) = default;
};

/// Who may sign in, as the texts of the data folder's files; absent ones don't exist.
struct TransferredAccounts {
    std::optional<std::string> users{};       ///< of `users.htpasswd`
    std::optional<std::string> tokens{};      ///< of `tokens`
    std::optional<std::string> sign_in_key{}; ///< of `sign-in.key`
};

/// Port: the rows of a store that nothing else changes. Each call returns up to `limit` rows in the ascending
/// order of their ids, beginning with the first one above `after`; fewer than `limit` are the last ones. Not
/// synchronised. Errors: those of `ImageStore`.
class PORTRAIT_EXPORT StoreRows {
public:
    virtual ~StoreRows() = default;

    /// The blobs as they are read by BlobId.
    [[nodiscard]] virtual result<std::vector<ImageInfo>> blobs(std::int32_t after, std::size_t limit) = 0;
    [[nodiscard]] virtual result<std::vector<TransferredSlot>> slots(std::int32_t after,
                                                                     std::size_t limit) = 0;
    [[nodiscard]] virtual result<std::vector<TransferredPerson>> persons(std::int32_t after,
                                                                         std::size_t limit) = 0;
    [[nodiscard]] virtual result<std::vector<TransferredErasure>> erasures(std::int32_t after,
                                                                           std::size_t limit) = 0;
    /// The persons that were erased with their names and not added again.
    [[nodiscard]] virtual result<std::vector<PersonId>> forgotten(std::int32_t after, std::size_t limit) = 0;
    [[nodiscard]] virtual result<StoreTotals> totals() = 0;
};

/// Port: the store that is moved. Nobody else has it open while the object lives.
class PORTRAIT_EXPORT StoreSource : public StoreRows {
public:
    [[nodiscard]] virtual result<StoreCounters> counters() = 0;
    /// The bytes of a blob that `blobs` has returned with a format. They match its size and digest;
    /// `store_corrupt` or `store_io`, with the persons in the cause, when they can't be read.
    [[nodiscard]] virtual result<ImageBytes> bytes(const ImageInfo& blob) = 0;
    /// Closes the store for good: opening it is `store_moved` from now on, with `place` in the cause.
    /// Durable when it returns.
    [[nodiscard]] virtual result<void> seal(const std::string& place) = 0;
};

/// Port: the store into which another one is moved. From `begin` to `finish` it can't be opened.
class PORTRAIT_EXPORT StoreTarget : public StoreRows {
public:
    /// The store's address for people, without a password.
    virtual std::string place() const = 0;

    /// Begins a move, or continues one of a source of the same epoch. Returns whether blobs of an earlier try
    /// may be there; all other rows are deleted. `store_in_use` when the store holds anything else.
    [[nodiscard]] virtual result<bool> begin(const StoreCounters& source) = 0;
    /// Deletes some blobs and adds others, with their bytes. All or nothing.
    [[nodiscard]] virtual result<void> replace_blobs(std::span<const BlobId> deleted,
                                                     std::span<const TransferredBlob> added) = 0;
    // Each adds all or nothing. The blobs of slots have to be there.
    [[nodiscard]] virtual result<void> add(std::span<const TransferredSlot> slots) = 0;
    [[nodiscard]] virtual result<void> add(std::span<const TransferredPerson> persons) = 0;
    [[nodiscard]] virtual result<void> add(std::span<const TransferredErasure> erasures) = 0;
    [[nodiscard]] virtual result<void> add_forgotten(std::span<const PersonId> persons) = 0;
    [[nodiscard]] virtual result<void> set_accounts(const TransferredAccounts& accounts) = 0;

    /// The blobs whose stored bytes don't match this size and digest. All bytes are read.
    [[nodiscard]] virtual result<std::vector<BlobId>> damaged(std::span<const ImageInfo> blobs) = 0;

    /// Notes that the move is complete and checked, so that only `finish` is left. Durable.
    [[nodiscard]] virtual result<void> approve() = 0;
    /// Opens the store with the counters and the epoch of the source, which has this epoch. Success, too,
    /// when that has been done. `store_unfit` before `approve`, `store_in_use` for another source.
    [[nodiscard]] virtual result<void> finish(const std::string& epoch) = 0;
};

/// Progress of a transfer, in bytes; each row counts as `bytes_of_row` beside its picture.
struct TransferProgress {
    static constexpr std::uint64_t bytes_of_row = 256;

    std::string_view step; ///< `copy` or `verify`; a literal
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

/// Called many times a second, on the calling thread. False ends the transfer with `errc::cancelled`.
using TransferListener = std::function<bool(const TransferProgress&)>;

/// A picture of the source that couldn't be read.
struct DamagedBlob {
    BlobId blob_id;
    std::string what; ///< for the operator: persons, file, place and kind of the damage
};

/// The result of a transfer.
struct TransferReport {
    StoreTotals totals;                ///< of the source
    std::uint64_t copied_pictures = 0; ///< that an earlier try had not copied
    std::uint64_t copied_bytes = 0;    ///< of these
    std::vector<DamagedBlob> damages;  ///< the first thousand
    std::uint64_t damage_count = 0;    ///< not 0: the source stays open, and the target closed

    bool ok() const noexcept { return damage_count == 0; }
};

/// Moves a store: copies all rows and bytes, compares every row and digest on both sides, seals the source
/// and opens the target. What was interrupted is continued by the next call, which copies only what is
/// missing or has changed since. Until the source is sealed it can be used again, as if nothing had been
/// done.
///
/// With damaged pictures in the source it copies the others, reports all damages, and neither seals nor
/// opens. Errors: `cancelled`, `store_in_use` for a target that holds something else, `store_corrupt` when
/// the comparison finds a difference, those of the ports.
///
/// ```cpp
/// auto folder = portrait::sqlite::FolderSource::open("portrait-data").value();
/// auto database = portrait::postgres::MigrationTarget::open({.connection = "service=portrait"}).value();
/// const auto report = portrait::transfer_store(*folder, *database, {}, {});
/// ```
[[nodiscard]] PORTRAIT_EXPORT result<TransferReport> transfer_store(StoreSource& source, StoreTarget& target,
                                                                    const TransferredAccounts& accounts,
                                                                    const TransferListener& listener);

} // namespace portrait
