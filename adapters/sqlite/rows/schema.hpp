#pragma once

#include "rows/connection.hpp"

#include <cstdint>

namespace portrait::sqlite {

/// What `PRAGMA application_id` says in a database of ours: "prtt".
inline constexpr std::int64_t application_id = 0x70727474;

/// The version of the schema that this code reads and writes.
std::int64_t schema_version() noexcept;

/// The version of a database of ours or, when it is empty, 0; changes nothing. Errors as below.
[[nodiscard]] result<std::int64_t> judge_schema(Connection& connection);

/// Checks that the database is ours or empty, sets the write-ahead log up and brings the schema to
/// `schema_version()`, all steps in one transaction. A database that isn't ours is left as it is.
/// Errors: `store_not_a_database`, `store_newer_schema`, those of the disk.
[[nodiscard]] result<void> prepare_schema(Connection& connection);

} // namespace portrait::sqlite
