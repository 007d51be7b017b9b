#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <optional>
#include <span>
#include <unordered_map>

namespace portrait::sqlite {

/// A blob as a person or a BlobId sees it, and where its bytes are.
struct BlobRow {
    ImageInfo info;
    std::optional<RecordPlace> place; ///< absent until bytes have come
};

// --- reading; fine in and out of a transaction ---

/// What a key leads to, nothing when there is none.
[[nodiscard]] result<std::optional<BlobRow>> find_blob(Connection& connection, ImageKey key);
/// What those of the persons have who have a picture, by one query.
[[nodiscard]] result<std::unordered_map<PersonId, ImageInfo>> find_infos(Connection& connection,
                                                                         std::span<const PersonId> persons);
/// How many persons are linked to a blob, counted up to 2.
[[nodiscard]] result<int> count_persons(Connection& connection, BlobId blob_id);

// --- writing; inside a transaction ---

[[nodiscard]] result<void> insert_blob(Connection& connection, const BlobRow& row);
/// Everything but id and created fields.
[[nodiscard]] result<void> update_blob(Connection& connection, const BlobRow& row);
[[nodiscard]] result<void> delete_blob(Connection& connection, BlobId blob_id);
[[nodiscard]] result<void> put_link(Connection& connection, PersonId person_id, const ImageInfo& info);
[[nodiscard]] result<void> delete_link(Connection& connection, PersonId person_id);
[[nodiscard]] result<void> delete_links(Connection& connection, BlobId blob_id);

[[nodiscard]] result<void> insert_range_to_free(Connection& connection, const SegmentRange& range);

} // namespace portrait::sqlite
