#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

/// The tables of blobs and of persons' links to them. Functions that write must be called inside a
/// transaction.
namespace portrait::sqlite {

/// A blob as read by a person's id or by its own.
struct BlobRow {
    ImageInfo info;
    std::optional<RecordPlace> place; ///< absent in a blob without bytes
    /// Whether the row has `last_modified`; otherwise it follows from other times.
    bool is_dated = true;
};

/// A person's link to a blob.
struct LinkRow {
    BlobId blob_id;
    std::int64_t version = 0;
    Timestamp linked_at{};
};

/// The ids as a text for SQLite's json_each.
std::string json_list(std::span<const PersonId> persons);

/// The blob of a key, if there is one.
[[nodiscard]] result<std::optional<BlobRow>> find_blob(Connection& connection, ImageKey key);
/// Up to `limit` blobs with ids above `after`, in ascending order, as read by BlobId. The `last_modified` of
/// a row without one is not before any of its links.
[[nodiscard]] result<std::vector<BlobRow>> list_blobs(Connection& connection, std::int32_t after,
                                                      std::size_t limit);
/// As `list_blobs`, with the `last_modified` of `find_blob`.
[[nodiscard]] result<std::vector<BlobRow>> list_rows(Connection& connection, std::int32_t after,
                                                     std::size_t limit);
/// Up to `limit` links of persons with ids above `after`, in ascending order.
[[nodiscard]] result<std::vector<std::pair<PersonId, LinkRow>>>
list_links(Connection& connection, std::int32_t after, std::size_t limit);
/// The pictures of these persons, by one query; persons without a picture are left out.
[[nodiscard]] result<std::unordered_map<PersonId, ImageInfo>> find_infos(Connection& connection,
                                                                         std::span<const PersonId> persons);
/// The number of persons that are linked to a blob; 2 also stands for more.
[[nodiscard]] result<int> count_persons(Connection& connection, BlobId blob_id);

[[nodiscard]] result<void> insert_blob(Connection& connection, const BlobRow& row);
/// Writes all columns but the id and those of the creation.
[[nodiscard]] result<void> update_blob(Connection& connection, const BlobRow& row);

} // namespace portrait::sqlite
