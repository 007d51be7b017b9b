#pragma once

#include "folder/data_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace portrait::sqlite {

/// The time of the last save, change of texts or link, as an export has it: of an imported picture that of
/// its origin.
inline Timestamp last_change(const ImageInfo& info) noexcept {
    return std::max(info.updated_at, info.linked_at);
}

/// Erases what committed deletions have left on the disk: freed ranges of segments, the write-ahead log, and
/// copies of the rows in unused parts of the database, which are found by these bytes. Returns a sentence for
/// each part that can't be erased within some seconds.
[[nodiscard]] std::vector<std::string> erase_leftovers(DataFolder& folder, std::span<const std::string> rows);

/// Repeats the erasures of another store that this one hasn't, inside a transaction. A picture that is newer
/// than an erasure stays. Returns the number of persons whose pictures or names were erased.
[[nodiscard]] result<std::uint64_t> repeat_erasures(Connection& from, Connection& to);

} // namespace portrait::sqlite
