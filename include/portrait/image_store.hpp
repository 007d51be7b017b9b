#pragma once

#include <portrait/completion.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_commands.hpp>
#include <portrait/image_info.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait {

class PersonDirectory;

/// Port: the store of pictures.
///
/// Promises of every implementation (`portrait/testing/image_store_conformance.hpp` tests them):
/// - *Atomic*: bytes and ImageInfo change together or not at all; a reader gets an old pair or a new pair.
/// - *Durable*: what was answered with success survives a crash (except in the memory store).
/// - *Decided inside*: preconditions, new-or-replace, copy on write and versions are decided in the writing
///   transaction. `precondition_failed` comes before all other errors of a member.
/// - Blob ids grow and are never reused; versions only grow. No two states of a person have one
///   `ImageInfo::last_modified`, which `second_of_change` makes.
/// - *Recorded*: a store with an `AuditLog` changes nothing without a record in it.
/// - Thread-safe: any member from any number of threads. Calls may block on disk; `cached_image` and
///   `cached_info` never do.
///
/// Errors beside those of each member: `store_full`, `store_io`, `store_read_only`, `store_corrupt`,
/// `store_closed`, `service_busy`, `audit_unavailable`. After a failed write nothing of it is visible, except
/// after `store_closed` and `store_io`: then the outcome shows when the store is reopened, whole or not at
/// all.
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

    /// As `image`, but calls back, so that many readers can wait for a database without a thread each. The
    /// default calls `image`.
    virtual void fetch(ImageKey key, Completion<StoredImage> completion) const;

    /// As `fetch`, for a caller that has the bytes of the state `known` (not null): when they are the present
    /// ones, the outcome's bytes may be empty. The default calls `fetch`.
    virtual void fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                              Completion<StoredImage> completion) const;

    /// Whether `fetch`, `fetch_unless` and `fetch_info` return at once and call back from other threads. The
    /// default is false: they read before they return.
    virtual bool fetches_without_blocking() const noexcept { return false; }

    /// As `image`, without reading the bytes; a blob without bytes is a success.
    [[nodiscard]] virtual result<ImageInfo> info(ImageKey key) const = 0;

    /// As `info`, but calls back, as `fetch` does. The default calls `info`.
    virtual void fetch_info(ImageKey key, Completion<ImageInfo> completion) const;

    /// The ImageInfos of several persons in one read: one entry for each id, in the given order, empty for a
    /// person without a picture. The default calls `info` for each.
    [[nodiscard]] virtual result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const;

    /// The ids of the first `limit` persons with a picture that has bytes and with an id above `after`
    /// (absent: all), in ascending order. A person that has a picture while all pages are read is in one of
    /// them. The default is `person_not_listed`.
    [[nodiscard]] virtual result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                           std::size_t limit) const;

    /// The person's picture if it can be read without blocking and is not older than the last answered write;
    /// otherwise nothing. The default returns nothing.
    virtual std::optional<StoredImage> cached_image(PersonId) const { return std::nullopt; }

    /// As `cached_image` for the ImageInfo, which may be in memory when the bytes are not.
    virtual std::optional<ImageInfo> cached_info(PersonId) const { return std::nullopt; }

    /// Whether a save with `SaveImage::for_listed_person` is `person_unknown` in the writing transaction when
    /// this directory doesn't contain the person, so that nobody has to ask the directory before. The default
    /// is false.
    virtual bool checks_persons_of(const PersonDirectory&) const noexcept { return false; }

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

    /// Removes what the store has of a person and returns when it is gone, from the bytes on the disk too:
    /// the person's link and, unless other persons are linked to it, the blob. What may still be there, such
    /// as bytes that a running backup reads, is in `ErasedImage::unproven`. Succeeds for a person without a
    /// picture. Notes the erasure: later imports of older exports are `person_erased`. A picture that is
    /// saved later is kept as any other. The default is `store_cannot_erase`.
    [[nodiscard]] virtual result<ErasedImage> erase(EraseImage command);

    /// The person's last erasure, if there was one. The default returns nothing.
    [[nodiscard]] virtual result<std::optional<Erasure>> last_erasure(PersonId person_id) const;

    /// The number of erasures so far, for the head of an export that begins now. The default is 0.
    [[nodiscard]] virtual result<std::int64_t> erasures() const;

    /// Distinguishes stores whose versions and blob ids may repeat: it changes when older data comes back, as
    /// after a restoration. At most 64 printable ASCII characters without spaces. Empty: the store is never
    /// restored. Doesn't block.
    virtual std::string epoch() const { return {}; }

    /// Success when writes are accepted; otherwise the error that a write would get. Doesn't block.
    [[nodiscard]] virtual result<void> writable() const = 0;
};

} // namespace portrait
