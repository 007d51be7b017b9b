#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <cstdint>
#include <vector>

namespace portrait::sqlite {

/// Whether a blob's row names the record at this range.
[[nodiscard]] result<bool> is_named(Connection& connection, const SegmentRange& range);

/// Whether no blob's row names any record of a segment.
[[nodiscard]] result<bool> is_unnamed(Connection& connection, std::uint64_t segment);

/// Whether no range of a segment waits to be freed.
[[nodiscard]] result<bool> nothing_to_free(Connection& connection, std::uint64_t segment);

/// All ranges that wait to be freed, of every segment.
[[nodiscard]] result<std::vector<SegmentRange>> ranges_to_free(Connection& connection);

/// Deletes the rows of a segment whose file is gone. Call it inside a transaction.
[[nodiscard]] result<void> forget_segment(Connection& connection, std::uint64_t segment);

} // namespace portrait::sqlite
