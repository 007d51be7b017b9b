#pragma once

#include "rows/connection.hpp"
#include "segments/segments.hpp"

namespace portrait::sqlite {

/// SQLite's own quick check, and that every record lies within its file. `store_corrupt` when not.
[[nodiscard]] result<void> check_store(Connection& connection, Segments& segments);

/// Seals the segments that an earlier owner, or this one, was filling: nothing is appended to them any more.
/// Ranges that no row names go into `range_to_free`, space behind the last named range is given back, and a
/// segment without pictures is unlinked. One transaction; nobody else may be writing or reading.
[[nodiscard]] result<void> seal_segments(Connection& connection, Segments& segments);

} // namespace portrait::sqlite
