#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/clock.hpp>
#include <portrait/export.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/image_store.hpp>
#include <portrait/upkeep.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait::postgres {

class Database;
class PostgresCallers;
class PostgresPersonDirectory;

/// Options of the store. The defaults suit a server.
struct PostgresOptions {
    /// libpq's connection string or URI, such as `postgresql://portrait@db.example.com/portrait`. The
    /// password belongs in a passfile, a service file or PGPASSWORD.
    std::string connection{};
    /// The tables of one store.
    std::string schema = "portrait";
    /// Whether missing tables are made; otherwise they are `store_not_a_database`.
    bool may_create = true;
    std::size_t read_connections = 2;    ///< for rows
    std::size_t content_connections = 2; ///< for bytes
    std::size_t write_connections = 2;   ///< each commits up to 32 writes at a time
    /// Limit of reads, and of writes, that wait for a connection; more are `service_busy`.
    std::size_t max_waiting = 4096;
    /// Limit of bytes that wait to be written; more are `service_busy`.
    std::uint64_t max_waiting_bytes = std::uint64_t{256} << 20U;
    /// Limit of the time of each call; longer ones are `service_busy` or, when the outcome of a write is
    /// unknown, `store_io`.
    std::chrono::milliseconds limit{10'000};
    /// Bytes that other servers have removed or erased leave this cache within a second, and everything does
    /// when the database is away for 5 seconds, or back in another state. May be null.
    std::shared_ptr<ImageCache> cache{};
    /// Records all changes of pictures; called on the committing threads. May be null.
    std::shared_ptr<AuditLog> audit{};
    /// Called when the database is lost and when it is back, with a sentence for the log. Must be quick and
    /// must not throw.
    std::function<void(const std::string& sentence)> on_event{};
};

/// Figures of a store since it was opened.
struct PostgresStatistics {
    std::uint64_t commits = 0;          ///< transactions
    std::uint64_t writes = 0;           ///< that succeeded
    std::uint64_t refused_writes = 0;   ///< that failed alone, such as by a precondition
    std::uint64_t largest_batch = 0;    ///< writes of the largest transaction
    std::uint64_t repeated_batches = 0; ///< after a deadlock, a lost connection and the like
    std::uint64_t lost_answers = 0;     ///< to COMMIT; each was found out afterwards or is `store_io`
    bool reachable = false;
};

/// The store in PostgreSQL 13 or newer: rows and bytes. Any number of objects, in any number of processes,
/// share one store; what one has answered, all others read.
///
/// A write is answered after its transaction is committed, on the synchronous standbys, too. Writes that wait
/// at the same time share one transaction. Without the database all calls are `store_unreachable`; it is
/// looked for four times a second. Thread-safe. Completions must not block and must not wait for a call of
/// this store.
///
/// A database that was restored from a backup, and a standby that was promoted, give the store a new epoch,
/// so that no tag and no id of lost writes comes back.
///
/// ```cpp
/// auto store = portrait::postgres::PostgresImageStore::open({.connection = "service=portrait"});
/// if (!store)
///     return report(store.error());
/// auto persons = (*store)->persons();
/// auto clock = (*store)->clock();
/// portrait::PersonImageService service{std::move(*store), persons, {}, clock};
/// ```
class PORTRAIT_EXPORT PostgresImageStore final : public ImageStore {
public:
    /// Connects, and brings tables of an earlier version up to date. Errors: `store_unreachable`,
    /// `store_unfit` (a setting of the database endangers acknowledged writes), `store_newer_schema`,
    /// `store_not_a_database`.
    [[nodiscard]] static result<std::unique_ptr<PostgresImageStore>> open(PostgresOptions options);
    /// Waits until all submitted writes are answered.
    ~PostgresImageStore() override;

    [[nodiscard]] result<SavedImage> save(SaveImage command) override;
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    /// Doesn't block.
    void fetch(ImageKey key, Completion<StoredImage> completion) const override;
    void fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                      Completion<StoredImage> completion) const override;
    bool fetches_without_blocking() const noexcept override { return true; }
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    void fetch_info(ImageKey key, Completion<ImageInfo> completion) const override;
    /// True for `persons()`.
    bool checks_persons_of(const PersonDirectory& directory) const noexcept override;
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override;
    [[nodiscard]] result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    /// The bytes stay in PostgreSQL's free pages, write-ahead log, standbys and backups until those are
    /// overwritten; `ErasedImage::unproven` says so.
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override;
    [[nodiscard]] result<std::optional<Erasure>> last_erasure(PersonId person_id) const override;
    [[nodiscard]] result<std::int64_t> erasures() const override;
    std::string epoch() const override;
    [[nodiscard]] result<void> writable() const override;

    /// The persons of this store. Never null; keeps the connections open even without the store.
    std::shared_ptr<PostgresPersonDirectory> persons() const;
    /// Users, tokens, sessions and failed attempts to sign in, which the servers of this store share. Keeps
    /// the connections open even without the store. To be called once. Errors: those of the database.
    [[nodiscard]] result<std::unique_ptr<PostgresCallers>> callers() const;
    /// The database's clock, which all servers of a store have to use. It is read once a second.
    std::shared_ptr<const Clock> clock() const;
    /// Takes microseconds.
    PostgresStatistics statistics() const;

    /// Reads every picture and compares it with its digest, and looks for blobs without bytes and for bytes
    /// without a blob. Reads and writes work meanwhile. Errors: the check couldn't be done. Damages are in
    /// the report; its `unreferenced_bytes` stays 0, since such bytes are damages.
    [[nodiscard]] result<CheckReport> check(const ProgressListener& listener = {}) const;
    /// Looks for rows of an erased person. Free pages, the write-ahead log, standbys and backups are not
    /// searched.
    [[nodiscard]] result<ErasureCheck> verify_erased(PersonId person_id) const;
    /// Gives the store a new epoch, and later blob ids a distance of a million to all ids so far; returns the
    /// epoch. Needed after a restoration that the store can't see: that of a snapshot of the disk, or of rows
    /// into tables that stayed. Servers that run meanwhile connect again and follow it.
    [[nodiscard]] result<std::string> new_epoch();

private:
    explicit PostgresImageStore(std::shared_ptr<Database> database);

    template<class Value, class Command>
    void submit_command(Command command, Completion<Value> completion);
    template<class Value, class Command>
    [[nodiscard]] result<Value> run(Command command);

    std::shared_ptr<Database> database_;
};

} // namespace portrait::postgres
