#pragma once

#include "rows/connection.hpp"
#include "segments/segments.hpp"

#include <vector>

namespace portrait::sqlite {

/// Whether a row of a blob names the record at this range.
[[nodiscard]] result<bool> is_named(Connection& connection, const SegmentRange& range);

/// Whether no row of a blob names any record of a segment.
[[nodiscard]] result<bool> is_unnamed(Connection& connection, std::uint64_t segment);

/// Whether no range of a segment waits to be freed.
[[nodiscard]] result<bool> nothing_to_free(Connection& connection, std::uint64_t segment);

/// Deletes the rows of a segment whose file is gone; inside a transaction.
[[nodiscard]] result<void> forget_segment(Connection& connection, std::uint64_t segment);

/// SQLite's own quick check, and that every record lies within its file. `store_corrupt` when not.
[[nodiscard]] result<void> check_store(Connection& connection, Segments& segments);

/// Seals the segments that an earlier owner, or this one, was filling: nothing is appended to them any more.
/// Ranges that no row names go into `range_to_free`, space behind the last named range is given back, and a
/// segment without pictures is unlinked. One transaction; nobody else may be writing or reading.
[[nodiscard]] result<void> seal_segments(Connection& connection, Segments& segments);

/// All that is still in `range_to_free`.
[[nodiscard]] result<std::vector<SegmentRange>> ranges_to_free(Connection& connection);

} // namespace portrait::sqlite
