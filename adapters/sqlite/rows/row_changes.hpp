#pragma once

#include "rows/blob_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// A changed row of `blob` or of `person_image`.
struct RowChange {
    enum class Table : std::uint8_t { blob, person_image };

    Table table;
    std::int32_t id; ///< of the blob or of the person
    /// The row that was written, when the writer noted it; both are absent otherwise, and of a deleted row.
    std::shared_ptr<const BlobRow> blob{};
    std::optional<LinkRow> link{};
};

/// The changed rows of one transaction. SQLite reports each of them (`Connection::watch`), so none is missed,
/// whichever statement changes it; a writer that has the whole row may note it afterwards. For one thread.
class RowChanges {
public:
    /// With more changes, or without memory, `are_lost`.
    static constexpr std::size_t limit = 100'000;

    /// Replaces an earlier change of the row.
    void note(RowChange change) noexcept {
        try {
            const auto key = std::uint64_t{static_cast<std::uint32_t>(change.id)} << 1U |
                             static_cast<std::uint64_t>(change.table);
            if (order_.size() < limit) {
                order_.push_back(key);
                rows_.insert_or_assign(key, std::move(change));
                return;
            }
            // NOLINTNEXTLINE(bugprone-empty-catch): lost
        } catch (const std::bad_alloc&) {
        }
        lost_ = true;
    }

    void clear() noexcept {
        rows_.clear();
        order_.clear();
        lost_ = false;
    }

    /// Whether any row may have changed.
    bool are_lost() const noexcept { return lost_; }
    /// The number of calls of `note`, for `forget_rows`.
    std::size_t count() const noexcept { return order_.size(); }
    /// Forgets the rows that were noted after the first `count` calls, because a savepoint was rolled back.
    /// Their ids still count as changed.
    void forget_rows(std::size_t count) noexcept {
        for (; count < order_.size(); ++count)
            if (const auto found = rows_.find(order_[count]); found != rows_.end()) {
                found->second.blob.reset();
                found->second.link.reset();
            }
    }

    /// Calls `read` with each changed row.
    template<class Read>
    void each(const Read& read) const {
        for (const auto& [key, change] : rows_)
            read(change);
    }

private:
    std::unordered_map<std::uint64_t, RowChange> rows_;
    std::vector<std::uint64_t> order_;
    bool lost_ = false;
};

} // namespace portrait::sqlite
