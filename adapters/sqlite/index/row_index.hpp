#pragma once

#include "index/interned.hpp"
#include "index/packed_table.hpp"
#include "rows/blob_rows.hpp"
#include "rows/row_changes.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace portrait::sqlite {

/// The rows of pictures in memory: of blobs and of persons' links, so that a picture's place is found without
/// SQLite's pages and without waiting. About 50 bytes for each person with a picture of its own.
///
/// Never returns a row of before an answered write, nor one of before a row that a reader of the database has
/// seen: rows are dropped before the commit that changes them, and are back after it. Thread-safe.
class RowIndex {
public:
    /// A number of changes, by which a reader proves that its row is not older than the last one.
    using Moment = PackedTable::Moment;
    using WhenFull = PackedTable::WhenFull;

    /// `limit`: bytes of memory for rows; 0: none are kept. Names, types and full names of associates are
    /// kept once each beside it, at most some MiB.
    explicit RowIndex(std::uint64_t limit)
        : bound_{limit} {}

    bool is_disabled() const noexcept { return bound_.limit == 0; }
    /// Bytes in use.
    std::uint64_t memory() const noexcept { return bound_.used; }

    /// The row of a key as `find_blob` reads it, if it is in memory.
    std::optional<BlobRow> find(ImageKey key);

    /// Take it before reading rows that `fill` gets.
    Moment now() const noexcept { return moment_; }
    /// Keeps the row of a key that was read after `read_at`, unless it was changed since.
    void fill(ImageKey key, const BlobRow& row, Moment read_at) noexcept;
    /// As `fill` for rows of one table, but drops no other rows: false when there is no room.
    bool fill_room(const BlobRow& blob, Moment read_at);
    bool fill_room(PersonId person_id, const LinkRow& link, Moment read_at);

    /// Drops the rows of a transaction that will be committed now, and keeps none of them until `unblock`.
    void block(const RowChanges& changes) noexcept;
    /// Allows the rows of these changes again. Keeps those that were noted if the commit is `durable`;
    /// otherwise the next readers find out which state they have.
    void unblock(const RowChanges& changes, bool durable) noexcept;
    /// Drops everything, and all that was read before.
    void forget_all() noexcept;

private:
    static constexpr std::size_t link_columns = 3;
    static constexpr std::size_t blob_columns = 14;

    bool fill_blob(const BlobRow& row, Moment read_at, WhenFull when_full);
    bool fill_link(PersonId person_id, const LinkRow& link, Moment read_at, WhenFull when_full);
    /// A row whose text is in `text`. Absent when the table can't have all of it, and without memory.
    std::optional<PackedTable::Row> packed(const BlobRow& row, std::string& text) noexcept;
    bool find_into(BlobRow& row, BlobId blob_id);
    std::optional<BlobRow> find_once(ImageKey key);

    MemoryBound bound_;
    std::atomic<Moment> moment_{1};
    Interned<Actor> actors_;
    Interned<std::string> types_;
    PackedTable links_{bound_, link_columns};
    PackedTable blobs_{bound_, blob_columns};
};

} // namespace portrait::sqlite
