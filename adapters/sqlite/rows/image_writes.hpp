#pragma once

#include "rows/blob_rows.hpp"
#include "rows/transaction.hpp"

#include <portrait/image_commands.hpp>

#include <optional>

/// What each write does to the rows; decided on the state that the transaction sees. After an error the
/// caller rolls back to where it was before.
namespace portrait::sqlite {

/// Bytes that are in a segment already, and what is known of them.
struct WrittenContent {
    RecordPlace place;
    std::uint64_t size = 0;
    ImageHeader header;
    Digest digest;
};

/// `command.content` isn't looked at: `content` stands for it.
[[nodiscard]] result<SavedImage> apply_save(Transaction& transaction, const SaveImage& command,
                                            const std::optional<WrittenContent>& content);
[[nodiscard]] result<ImageInfo> apply_update_info(Transaction& transaction, const UpdateImageInfo& command);
[[nodiscard]] result<RemovedImage> apply_remove(Transaction& transaction, const RemoveImage& command);
[[nodiscard]] result<ImageInfo> apply_link(Transaction& transaction, const LinkImage& command);
[[nodiscard]] result<std::optional<BlobId>> apply_unlink(Transaction& transaction,
                                                         const UnlinkImage& command);

/// The error of a key that leads to nothing.
Error nothing_at(ImageKey key);

} // namespace portrait::sqlite
