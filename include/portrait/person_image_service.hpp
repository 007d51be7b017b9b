#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_header.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_store.hpp>
#include <portrait/limits.hpp>
#include <portrait/person_directory.hpp>
#include <portrait/precondition.hpp>
#include <portrait/scrub.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace portrait {

/// What a picture would be stored as; see `PersonImageService::inspect`.
struct Inspection {
    ImageHeader header;
    Digest digest;
    std::uint64_t size = 0; ///< bytes
};

/// New texts of an ImageInfo; what is absent stays as it is (contract section 3, writable properties).
struct ImageInfoChange {
    std::optional<std::string> description{};     ///< at most 2,048 characters
    std::optional<std::string> extra_info{};      ///< at most 2,048 characters
    std::optional<std::string> conceptual_type{}; ///< at most 254 characters
    /// The BlobId that the caller believes to change; another one than the present is an error.
    std::optional<BlobId> blob_id{};
};

/// Everything that the HTTP contract does, without HTTP: validates, probes, applies the limits, asks the
/// ports.
///
/// Thread-safe when its ports are: any member may be called from any thread; the object holds no state of its
/// own. Calls block as long as the store does. Expected failures are results; exceptions come only from a
/// port that throws and from exhausted memory. A write for a person whom the directory doesn't know is
/// `person_unknown`.
class PORTRAIT_EXPORT PersonImageService {
public:
    /// Null ports throw `std::invalid_argument`; no clock means the system's. With `MetadataPolicy::scrub`
    /// every picture is stored without its metadata (see `scrub`): size and digest are those of what is
    /// stored, and `SavedImage::scrubbed` tells what was removed.
    PersonImageService(std::shared_ptr<ImageStore> store, std::shared_ptr<const PersonDirectory> directory,
                       Limits limits = {}, std::shared_ptr<const Clock> clock = nullptr,
                       MetadataPolicy metadata = MetadataPolicy::keep);
    /// Copies share the ports. There is no move: what is moved is copied, so the source stays usable.
    PersonImageService(const PersonImageService&) = default;
    PersonImageService& operator=(const PersonImageService&) = default;
    ~PersonImageService() = default;

    const Limits& limits() const noexcept { return limits_; }

    /// A dry run of `save`: what would be stored, or the rule that would refuse it. Touches no store and
    /// removes no metadata: the digest and the size are those of these bytes.
    [[nodiscard]] result<Inspection> inspect(std::span<const std::byte> bytes) const;

    // --- a person's picture (contract section 1) ---

    /// Stores the picture and answers when it is durable. Keeps the blob id of an earlier picture and
    /// refreshes its ImageInfo. Errors: those of `inspect`, `person_unknown`, those of `ImageStore::save`.
    [[nodiscard]] result<SavedImage> save(PersonId person_id, ImageBytes bytes, const Actor& actor = {},
                                          Precondition precondition = {});

    /// As `save`, but calls back; see `ImageStore::submit` for what a completion may do. Validation happens
    /// before it returns, on the caller's thread.
    void submit(PersonId person_id, ImageBytes bytes, const Actor& actor, Precondition precondition,
                Completion<SavedImage> completion);

    /// The picture. Errors: `image_none`, `person_unknown`. The directory is asked only where there is no
    /// picture.
    [[nodiscard]] result<StoredImage> image(PersonId person_id) const;

    /// The picture when it is at hand without blocking, otherwise nothing; see `ImageStore::cached_image`.
    std::optional<StoredImage> cached_image(PersonId person_id) const;

    /// The same for the ImageInfo; see `ImageStore::cached_info`.
    std::optional<ImageInfo> cached_info(PersonId person_id) const;

    /// The ImageInfos of several persons by one question to the store, in the order asked; empty where there
    /// is no picture, whether or not the directory knows the person.
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const;

    /// The ImageInfo. Errors: `image_none`, `person_unknown`.
    [[nodiscard]] result<ImageInfo> info(PersonId person_id) const;

    /// Changes texts. Errors: `info_text_too_long`, `info_text_invalid`, `info_blob_id_mismatch`,
    /// `image_none`, `person_unknown`, `precondition_failed`.
    [[nodiscard]] result<ImageInfo> update_info(PersonId person_id, ImageInfoChange change,
                                                const Actor& actor = {}, Precondition precondition = {});

    /// Removes the picture; success, too, when there was none. Errors: `person_unknown`,
    /// `precondition_failed`.
    [[nodiscard]] result<RemovedImage> remove(PersonId person_id, const Actor& actor = {},
                                              Precondition precondition = {});

    // --- by BlobId (contract section 7) ---

    /// Makes a blob linked to nobody; empty bytes make a blob whose bytes come later by `replace`.
    [[nodiscard]] result<SavedImage> create(ImageBytes bytes, ImageInfoChange texts = {},
                                            const Actor& actor = {});
    [[nodiscard]] result<StoredImage> image(BlobId blob_id) const;
    [[nodiscard]] result<ImageInfo> info(BlobId blob_id) const;
    /// New bytes for the blob and everybody who is linked to it.
    [[nodiscard]] result<SavedImage> replace(BlobId blob_id, ImageBytes bytes, const Actor& actor = {},
                                             Precondition precondition = {});
    [[nodiscard]] result<ImageInfo> update_info(BlobId blob_id, ImageInfoChange change,
                                                const Actor& actor = {}, Precondition precondition = {});
    /// Links the person to the blob. Errors: `person_unknown`, `blob_unknown`, `blob_without_image`.
    [[nodiscard]] result<ImageInfo> link(PersonId person_id, BlobId blob_id, const Actor& actor = {});
    /// Unlinks the person and keeps the blob; tells which one it was.
    [[nodiscard]] result<std::optional<BlobId>> unlink(PersonId person_id, const Actor& actor = {});
    /// Erases the blob and unlinks everybody.
    [[nodiscard]] result<RemovedImage> remove(BlobId blob_id, const Actor& actor = {},
                                              Precondition precondition = {});

    /// Whether writes are taken at present.
    [[nodiscard]] result<void> writable() const { return store_->writable(); }

private:
    /// What a save needs, and what it will tell beside the store's answer.
    struct PreparedContent {
        ImageContent content;
        std::optional<ScrubReceipt> scrubbed;
    };
    struct PreparedSave {
        SaveImage command;
        std::optional<ScrubReceipt> scrubbed;
    };

    [[nodiscard]] result<PreparedContent> content_of(ImageBytes bytes) const;
    [[nodiscard]] result<PreparedSave> person_save(PersonId person_id, ImageBytes bytes, const Actor& actor,
                                                   Precondition precondition) const;
    [[nodiscard]] result<void> require_person(PersonId person_id) const;
    Error no_image(PersonId person_id) const;

    std::shared_ptr<ImageStore> store_;
    std::shared_ptr<const PersonDirectory> directory_;
    Limits limits_;
    std::shared_ptr<const Clock> clock_;
    MetadataPolicy metadata_;
};

} // namespace portrait
