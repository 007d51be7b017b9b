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

/// What a store calls once with the outcome, on any thread, perhaps before `submit` returns. It must be quick
/// and must not throw or block: a store may be calling from the one thread that commits.
template<class T>
using Completion = std::function<void(result<T>)>;

/// Port: where pictures are kept.
///
/// Promises of every implementation (`portrait/testing/image_store_conformance.hpp` tests them):
/// - *Atomic*: bytes and ImageInfo change together or not at all; a reader gets an old pair or a new pair.
/// - *Durable*: what was answered with success survives a crash (the memory store promises this one not).
/// - *Decided inside*: preconditions, new-or-replace, copy on write and versions are decided in the writing
///   transaction.
/// - Blob ids grow and are never used twice; versions only grow.
/// - Thread-safe: any member from any number of threads. Calls may block on disk; `cached_image` and
///   `cached_info` never do.
///
/// Errors beside those named below: `store_full`, `store_io`, `store_read_only`, `store_corrupt`,
/// `store_closed`, `service_busy`. After any error of a write, nothing of it is visible, unless the store
/// says `store_closed` or `store_io`: then the outcome shows when it is reopened, whole or not at all.
class PORTRAIT_EXPORT ImageStore {
public:
    /// Destroying a store answers first what was submitted to it.
    virtual ~ImageStore() = default;

    /// Stores a picture. For a person without one: a new blob, linked. For a person whose blob nobody else
    /// links: new bytes under the same blob id; Description, ExtraInfo, ConceptualType, created fields and
    /// link stay. For a person whose blob is shared: a new blob for this person, the others keep theirs (copy
    /// on write); the new blob starts with the texts of the old one. Identical bytes refresh the updated
    /// fields only, with a new version. Errors: `precondition_failed`, `blob_unknown` (target is a BlobId
    /// that doesn't exist), `blob_ids_exhausted`.
    [[nodiscard]] virtual result<SavedImage> save(SaveImage command) = 0;

    /// As `save`, but returns when the store has taken the command over and calls back when it is durable, so
    /// that many writers can wait for one commit without a thread each. The default calls `save`.
    virtual void submit(SaveImage command, Completion<SavedImage> completion);

    /// The bytes with their ImageInfo. Errors: `image_none` for a person without a picture, `blob_unknown`,
    /// `blob_without_image` for a blob whose bytes haven't come yet.
    [[nodiscard]] virtual result<StoredImage> image(ImageKey key) const = 0;

    /// As `image`, without reading the bytes; a blob without bytes is a success.
    [[nodiscard]] virtual result<ImageInfo> info(ImageKey key) const = 0;

    /// The ImageInfos of several persons, as `info` would give each, read together: one entry for each id, in
    /// the order asked, empty where the person has no picture. The default calls `info` for each.
    [[nodiscard]] virtual result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const;

    /// The person's picture when that can be told without blocking and is not older than the last write that
    /// was answered; otherwise nothing, which says nothing about the picture. The default knows nothing.
    virtual std::optional<StoredImage> cached_image(PersonId person_id) const;

    /// The same for the ImageInfo, which may be at hand where the bytes are not.
    virtual std::optional<ImageInfo> cached_info(PersonId person_id) const;

    /// Changes texts. Errors: `image_none`, `blob_unknown`, `precondition_failed`, `info_blob_id_mismatch`.
    [[nodiscard]] virtual result<ImageInfo> update_info(UpdateImageInfo command) = 0;

    /// Removes a picture. A person without one is a success that removes nothing (unless the precondition
    /// demands one). Errors: `blob_unknown` for a BlobId, `precondition_failed`.
    [[nodiscard]] virtual result<RemovedImage> remove(RemoveImage command) = 0;

    /// Links a person to a blob instead of what it is linked to now; the blob left behind lives on.
    /// Linking to the present blob again changes nothing. Errors: `blob_unknown`, `blob_without_image`.
    [[nodiscard]] virtual result<ImageInfo> link(LinkImage command) = 0;

    /// Unlinks; returns the blob that was linked, if any.
    [[nodiscard]] virtual result<std::optional<BlobId>> unlink(UnlinkImage command) = 0;

    /// Success when writes are taken at present; otherwise the error that a write would get. Doesn't block.
    [[nodiscard]] virtual result<void> writable() const = 0;

protected:
    ImageStore() = default;
    ImageStore(const ImageStore&) = default;
    ImageStore& operator=(const ImageStore&) = default;
};

} // namespace portrait
