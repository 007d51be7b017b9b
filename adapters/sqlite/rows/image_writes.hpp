#pragma once

#include "rows/blob_rows.hpp"
#include "rows/transaction.hpp"

#include <portrait/image_commands.hpp>

#include <optional>
#include <string>

/// The changes of rows for each write. After an error the caller rolls back.
namespace portrait::sqlite {

/// Bytes that are in a segment already.
struct WrittenContent {
    RecordPlace place;
    std::uint64_t size = 0;
    ImageHeader header;
    Digest digest;
};

/// `content` stands for `command.content`, which is ignored.
[[nodiscard]] result<SavedImage> apply_save(Transaction& transaction, const SaveImage& command,
                                            const std::optional<WrittenContent>& content);
[[nodiscard]] result<ImageInfo> apply_update_info(Transaction& transaction, const UpdateImageInfo& command);
[[nodiscard]] result<RemovedImage> apply_remove(Transaction& transaction, const RemoveImage& command);
[[nodiscard]] result<ImageInfo> apply_link(Transaction& transaction, const LinkImage& command);
[[nodiscard]] result<std::optional<BlobId>> apply_unlink(Transaction& transaction,
                                                         const UnlinkImage& command);
[[nodiscard]] result<ErasedImage> apply_erase(Transaction& transaction, const EraseImage& command,
                                              const std::string& epoch);

/// Unlinks the person from the blob, and deletes and frees the blob unless other persons are linked to it.
/// Returns whether it did.
[[nodiscard]] result<bool> remove_picture(Transaction& transaction, PersonId person_id, const BlobRow& row);

/// The error of a key without a blob.
Error blob_missing(ImageKey key);

} // namespace portrait::sqlite
