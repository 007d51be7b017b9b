#pragma once

#include "client/parameters.hpp"
#include "client/rows.hpp"

#include <portrait/error.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstdint>
#include <optional>

/// The columns of the table blob, in the order of all statements that have them.
namespace portrait::postgres {

/// For statements: the columns that `read_blob` reads.
#define PORTRAIT_BLOB_COLUMNS                                                                                \
    "b.blob_id, b.version, b.content_id, b.size, b.media_type, b.width, b.height, b.digest, b.description, " \
    "b.extra_info, b.conceptual_type, b.created_at, b.created_by, b.created_by_name, "                       \
    "b.created_by_full_name, b.created_by_person, b.updated_at, b.updated_by, b.updated_by_name, "           \
    "b.updated_by_full_name, b.updated_by_person, b.last_modified"
constexpr int blob_columns = 22;
/// For statements: the columns of `blob_parameters`.
#define PORTRAIT_BLOB_TARGETS                                                                                \
    "blob_id, version, content_id, size, media_type, width, height, digest, description, extra_info, "       \
    "conceptual_type, created_at, created_by, created_by_name, created_by_full_name, created_by_person, "    \
    "updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person, last_modified"

/// A row of the table blob.
struct BlobRow {
    ImageInfo info; ///< as read by BlobId
    std::optional<Uuid> content_id{};
};

/// Reads the first columns of a row. `epoch`: of the store in this transaction. Error: `store_corrupt`.
[[nodiscard]] result<BlobRow> read_blob(const Rows& rows, int row, const std::string& epoch);

/// The parameters of the columns, in their order.
Parameters blob_parameters(const BlobRow& row);

/// Times are kept in milliseconds since 1970-01-01 UTC.
Timestamp time_at(const Rows& rows, int row, int column);
std::int64_t stored_time(Timestamp at);
/// Seconds since 1970-01-01 UTC.
std::optional<std::chrono::sys_seconds> second_at(const Rows& rows, int row, int column);
std::optional<std::int64_t> stored_second(const std::optional<std::chrono::sys_seconds>& second);

/// A person's id of the database. Error: `store_corrupt`.
[[nodiscard]] result<PersonId> person_at(const Rows& rows, int row, int column);
[[nodiscard]] result<BlobId> blob_at(const Rows& rows, int row, int column);

/// The error of a key without a picture.
Error nothing_at(ImageKey key);

} // namespace portrait::postgres
