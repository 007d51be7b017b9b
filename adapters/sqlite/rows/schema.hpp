#pragma once

#include "rows/connection.hpp"

#include <cstdint>

namespace portrait::sqlite {

/// `PRAGMA application_id` in a database of this library: "prtt".
inline constexpr std::int64_t application_id = 0x70727474;

/// The version of the schema that this code reads and writes.
std::int64_t schema_version() noexcept;

/// The version of the schema in a database, 0 when it is empty. Changes nothing. Errors:
/// `store_not_a_database` when it is another program's, `store_newer_schema`, those of the disk.
[[nodiscard]] result<std::int64_t> checked_schema(Connection& connection);

/// Sets up the write-ahead log and brings the schema to `schema_version()`, all steps in one transaction.
/// Calls `checked_schema` first, and has its errors.
[[nodiscard]] result<void> prepare_schema(Connection& connection);

/// Brings the schema from this version, which `checked_schema` returned, to the present one.
[[nodiscard]] result<void> migrate(Connection& connection, std::int64_t version);

} // namespace portrait::sqlite
