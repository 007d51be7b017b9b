#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace portrait {

/// The function that a store calls once with the outcome, on any thread, perhaps before `submit` returns. It
/// must be quick and must not throw or block: the calling thread may be the only one that commits.
template<class T>
using Completion = std::function<void(result<T>)>;

/// Port: the store of pictures.
///
/// Promises of every implementation (`portrait/testing/image_store_conformance.hpp` tests them):
/// - *Atomic*: bytes and ImageInfo change together or not at all; a reader gets an old pair or a new pair.
/// - *Durable*: what was answered with success survives a crash (except in the memory store).
/// - *Decided inside*: preconditions, new-or-replace, copy on write and versions are decided in the writing
///   transaction.
/// - Blob ids grow and are never reused; versions only grow.
/// - Thread-safe: any member from any number of threads. Calls may block on disk; `cached_image` and
///   `cached_info` never do.
///
/// Errors beside those of each member: `store_full`, `store_io`, `store_read_only`, `store_corrupt`,
/// `store_closed`, `service_busy`. After a failed write nothing of it is visible, except after `store_closed`
/// and `store_io`: then the outcome shows when the store is reopened, whole or not at all.
class PORTRAIT_EXPORT ImageStore {
public:
    /// Completes all submitted commands first.
    virtual ~ImageStore() = default;

    /// Stores a picture. For a person without one: a new blob, linked. For a person with a blob of its own:
    /// new bytes under the same blob id; Description, ExtraInfo, ConceptualType, created fields and link
    /// stay. For a person whose blob is shared: a new blob with the texts of the old one (copy on write).
    /// Identical bytes refresh the updated fields only, with a new version. Errors: `precondition_failed`,
    /// `blob_unknown`, `blob_ids_exhausted`.
    [[nodiscard]] virtual result<SavedImage> save(SaveImage command) = 0;

    /// As `save`, but returns when the command is queued and calls back when it is durable, so that many
    /// writers can wait for one commit without a thread each. The default calls `save`.
    virtual void submit(SaveImage command, Completion<SavedImage> completion);

    /// The bytes with their ImageInfo. Errors: `image_none` for a person without a picture, `blob_unknown`,
    /// `blob_without_image` for a blob whose bytes haven't come yet.
    [[nodiscard]] virtual result<StoredImage> image(ImageKey key) const = 0;

    /// As `image`, without reading the bytes; a blob without bytes is a success.
    [[nodiscard]] virtual result<ImageInfo> info(ImageKey key) const = 0;

    /// The ImageInfos of several persons in one read: one entry for each id, in the given order, empty for a
    /// person without a picture. The default calls `info` for each.
    [[nodiscard]] virtual result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const;

    /// The person's picture if it can be read without blocking and is not older than the last answered write;
    /// otherwise nothing. The default returns nothing.
    virtual std::optional<StoredImage> cached_image(PersonId) const { return std::nullopt; }

    /// As `cached_image` for the ImageInfo, which may be in memory when the bytes are not.
    virtual std::optional<ImageInfo> cached_info(PersonId) const { return std::nullopt; }

    /// Changes texts. Errors: `image_none`, `blob_unknown`, `precondition_failed`, `info_blob_id_mismatch`.
    [[nodiscard]] virtual result<ImageInfo> update_info(UpdateImageInfo command) = 0;

    /// Removes a picture. Succeeds for a person without one, unless the precondition requires one. Errors:
    /// `blob_unknown` for a BlobId, `precondition_failed`.
    [[nodiscard]] virtual result<RemovedImage> remove(RemoveImage command) = 0;

    /// Links a person to another blob; the previous blob stays. Linking to the present blob changes nothing.
    /// Errors: `blob_unknown`, `blob_without_image`.
    [[nodiscard]] virtual result<ImageInfo> link(LinkImage command) = 0;

    /// Unlinks; returns the blob that was linked, if any.
    [[nodiscard]] virtual result<std::optional<BlobId>> unlink(UnlinkImage command) = 0;

    /// Success when writes are accepted; otherwise the error that a write would get. Doesn't block.
    [[nodiscard]] virtual result<void> writable() const = 0;
};

} // namespace portrait
