#pragma once

#include "rows/connection.hpp"
#include "rows/row_changes.hpp"
#include "segments/segment_file.hpp"

#include <portrait/audit_log.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// The committer's transaction, and the tables of segments and of ranges to free. Functions that
/// write must be called inside a transaction.
namespace portrait::sqlite {

[[nodiscard]] inline result<void> insert_range_to_free(Connection& connection, const SegmentRange& range) {
    return connection.run(
        "INSERT OR IGNORE INTO range_to_free (segment, range_offset, range_length) VALUES (?, ?, ?)",
        range.segment, range.offset, range.length);
}

[[nodiscard]] inline result<void> delete_range_to_free(Connection& connection, const SegmentRange& range) {
    return connection.run("DELETE FROM range_to_free WHERE segment = ? AND range_offset = ?", range.segment,
                          range.offset);
}

/// Deletes the rows of a segment whose file is gone.
[[nodiscard]] inline result<void> forget_segment(Connection& connection, std::uint64_t segment) {
    PORTRAIT_TRY(connection.run("DELETE FROM range_to_free WHERE segment = ?", segment));
    return connection.run("DELETE FROM segment WHERE number = ?", segment);
}

/// The row of counters, which only grow.
struct Counters {
    std::int64_t last_blob_id = 0;
    std::int64_t last_version = 0; ///< of blobs and links alike, so that no two states share one
    std::int64_t last_segment = 0;

    friend bool operator==(const Counters&, const Counters&) = default;
};

/// The committer's transaction, as its writes see it.
struct Transaction {
    Connection& connection;
    Counters counters;                  ///< the committer writes them before the commit
    std::vector<SegmentRange> freed{};  ///< ranges that this transaction put into range_to_free
    std::vector<AuditRecord> records{}; ///< of the writes that change something, with an audit log
    bool has_audit_log = false;
    RowChanges* changes = nullptr; ///< null: nobody keeps rows

    /// Notes rows as they are now in the database.
    void note(const BlobRow& row) const {
        if (changes == nullptr)
            return;
        auto written = std::make_shared<BlobRow>(row);
        written->is_dated = true;
        changes->note(
            {.table = RowChange::Table::blob, .id = row.info.blob_id.value(), .blob = std::move(written)});
    }
    void note(PersonId person_id, const LinkRow& link) const {
        if (changes != nullptr)
            changes->note({.table = RowChange::Table::person_image, .id = person_id.value(), .link = link});
    }

    std::int64_t next_version() noexcept { return ++counters.last_version; }

    /// Frees a range that no row names any more.
    [[nodiscard]] result<void> free(const SegmentRange& range) {
        PORTRAIT_TRY(insert_range_to_free(connection, range));
        freed.push_back(range);
        return {};
    }
};

} // namespace portrait::sqlite
