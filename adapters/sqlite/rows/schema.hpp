#pragma once

#include "rows/connection.hpp"

#include <cstdint>
#include <string>

namespace portrait::sqlite {

/// `PRAGMA application_id` in a database of this library: "prtt".
inline constexpr std::int64_t application_id = 0x70727474;

/// The version of the schema that this code reads and writes.
std::int64_t schema_version() noexcept;

/// The version of the schema in a database, 0 when it is empty. Changes nothing. Errors:
/// `store_not_a_database` when it is another program's, `store_newer_schema`, `store_moved` with the place in
/// the cause, those of the disk.
[[nodiscard]] result<std::int64_t> checked_schema(Connection& connection);

/// Sets up the write-ahead log and brings the schema to `schema_version()`, all steps in one transaction.
/// Calls `checked_schema` first, and has its errors.
[[nodiscard]] result<void> prepare_schema(Connection& connection);

/// Notes that the pictures were moved to `place`. `checked_schema` refuses the database from now on, and so
/// do programs of earlier versions, which take it for one of a newer schema. Durable.
[[nodiscard]] result<void> seal_database(Connection& connection, const std::string& place);

/// Brings the schema from this version, which `checked_schema` returned, to the present one.
[[nodiscard]] result<void> migrate(Connection& connection, std::int64_t version);

} // namespace portrait::sqlite
