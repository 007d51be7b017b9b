#pragma once

#include "client/connection.hpp"
#include "client/schema_version.hpp"

#include <portrait/error.hpp>

#include <cstdint>
#include <string>

namespace portrait::postgres {

/// The key of the advisory lock that writers share and that a migration has alone.
constexpr std::int64_t migration_lock = 0x706F727472616974; // "portrait"

/// Makes the schema with its tables if that is allowed, or brings older tables to the present version. Only
/// one process does so at a time; saves wait meanwhile. Errors: `store_newer_schema`, `store_not_a_database`
/// for a schema of other tables and for missing ones, those of the database.
[[nodiscard]] result<void> make_schema(Connection& connection, const std::string& schema, bool may_create,
                                       Deadline deadline);

/// Refuses a store into which a data folder is being moved: `store_unfit` with a sentence.
[[nodiscard]] result<void> check_not_migrating(Connection& connection, Deadline deadline);

/// Refuses a database that can't keep the store's promises: `store_newer_schema`, or `store_unfit` with a
/// sentence.
[[nodiscard]] result<void> check_database(Connection& connection, Deadline deadline);

} // namespace portrait::postgres
