#pragma once

#include "rows/blob_rows.hpp"

#include <string>
#include <string_view>

/// Bytes by which a row is found in the database's file, as SQLite encodes them (its documentation, "Database
/// File Format", section 2.1). No other row has the same.
namespace portrait::sqlite {

/// Of a row of `person`: its id, the head of its record, and the first 200 bytes of the name.
std::string bytes_of_person(PersonId person_id, std::string_view name);

/// Of a row of `blob` with bytes: the columns from `sequence` to `digest`.
std::string bytes_of_blob(const BlobRow& row);

} // namespace portrait::sqlite
