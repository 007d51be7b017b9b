#pragma once

#include <portrait/clock.hpp>
#include <portrait/erasure_receipt.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_header.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_store.hpp>
#include <portrait/limits.hpp>
#include <portrait/person_directory.hpp>
#include <portrait/person_listing.hpp>
#include <portrait/precondition.hpp>
#include <portrait/scrub.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace portrait {

/// The result of `PersonImageService::inspect`.
struct Inspection {
    ImageHeader header;
    Digest digest;
    std::uint64_t size = 0; ///< bytes
};

/// New texts of an ImageInfo; absent texts stay as they are (contract section 3, writable properties).
struct ImageInfoChange {
    std::optional<std::string> description{};     ///< at most 2,048 characters
    std::optional<std::string> extra_info{};      ///< at most 2,048 characters
    std::optional<std::string> conceptual_type{}; ///< at most 254 characters
    /// The BlobId that the caller expects; any other than the present one is an error.
    std::optional<BlobId> blob_id{};
};

/// The HTTP contract without HTTP: validates, probes and applies the limits, then calls the ports.
///
/// ```cpp
/// PersonImageService service{std::make_shared<MemoryImageStore>(), std::make_shared<AnyPersonDirectory>()};
/// const PersonId ada = PersonId::from(7).value();
/// if (auto saved = service.save(ada, ImageBytes{std::move(bytes)}); !saved)
///     std::cerr << saved.error() << '\n'; // image.too_many_bytes: The picture has 12000000 bytes; ...
/// const StoredImage stored = service.image(ada).value();
/// ```
///
/// Thread-safe when its ports are: any member may be called from any thread; the object has no state of its
/// own. Calls block as long as the store does. Expected failures are results; exceptions come only from a
/// port that throws and from exhausted memory. Writes for a person that the directory doesn't contain fail
/// with `person_unknown`.
class PORTRAIT_EXPORT PersonImageService {
public:
    /// Null ports throw `std::invalid_argument`; without a clock the system's is used. With
    /// `MetadataPolicy::scrub` every picture is stored without its metadata (see `scrub`): size and digest
    /// are those of the stored bytes, and `SavedImage::scrubbed` lists what was removed.
    PersonImageService(std::shared_ptr<ImageStore> store, std::shared_ptr<PersonDirectory> directory,
                       Limits limits = {}, std::shared_ptr<const Clock> clock = nullptr,
                       MetadataPolicy metadata = MetadataPolicy::keep);
    /// Copies share the ports. A move copies, so the source stays usable.
    PersonImageService(const PersonImageService&) = default;
    PersonImageService& operator=(const PersonImageService&) = default;
    ~PersonImageService() = default;

    const Limits& limits() const noexcept { return limits_; }

    /// A dry run of `save`: the header, or the error that a save would get. Calls no store and removes no
    /// metadata: digest and size are those of these bytes.
    [[nodiscard]] result<Inspection> inspect(std::span<const std::byte> bytes) const;

    // By person (contract section 1) or by BlobId (section 7).

    /// Stores the picture and returns when it is durable. Keeps the blob id of an earlier picture and updates
    /// its ImageInfo. Errors: those of `inspect`, `person_unknown`, those of `ImageStore::save`.
    [[nodiscard]] result<SavedImage> save(PersonId person_id, ImageBytes bytes, const Actor& actor = {},
                                          Precondition precondition = {});
    /// As `save`, but calls back; see `Completion`. Validates on the calling thread, before it returns.
    void submit(PersonId person_id, ImageBytes bytes, const Actor& actor, Precondition precondition,
                Completion<SavedImage> completion);
    /// Makes a blob that no person is linked to; empty bytes make a blob whose bytes are stored later by
    /// `replace`.
    [[nodiscard]] result<SavedImage> create(ImageBytes bytes, ImageInfoChange texts = {},
                                            const Actor& actor = {});
    /// New bytes for the blob and all persons that are linked to it.
    [[nodiscard]] result<SavedImage> replace(BlobId blob_id, ImageBytes bytes, const Actor& actor = {},
                                             Precondition precondition = {});

    /// The picture. Errors: those of `ImageStore::image`, `person_unknown`. The directory is called only for
    /// a person without a picture.
    [[nodiscard]] result<StoredImage> image(ImageKey key) const;
    /// As `image`, but calls back; see `ImageStore::fetch`.
    void fetch(PersonId person_id, Completion<StoredImage> completion) const;
    /// The ImageInfo. Errors: those of `ImageStore::info`, `person_unknown`.
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const;
    /// As `info`, but calls back.
    void fetch_info(PersonId person_id, Completion<ImageInfo> completion) const;
    /// Whether `fetch` and `fetch_info` return at once; see `ImageStore::fetches_without_blocking`.
    bool fetches_without_blocking() const noexcept { return store_->fetches_without_blocking(); }

    /// The picture if it can be read without blocking; see `ImageStore::cached_image`.
    std::optional<StoredImage> cached_image(PersonId person_id) const {
        return store_->cached_image(person_id);
    }
    /// The ImageInfo if it can be read without blocking; see `ImageStore::cached_info`.
    std::optional<ImageInfo> cached_info(PersonId person_id) const { return store_->cached_info(person_id); }
    /// The ImageInfos of several persons in one read, in the given order; empty for a person without a
    /// picture, whether or not the directory contains the person.
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const {
        return store_->infos(persons);
    }

    /// The person with its names. Errors: `person_unknown`, those of the directory.
    [[nodiscard]] result<KnownPerson> person(PersonId person_id) const;
    /// A page of the directory's persons, by ascending id, except that a person whose id is searched for
    /// comes first. Reads a bounded number of persons: a page may be short, or empty, and have a `next`.
    /// Errors: `person_not_listed`, those of the ports.
    ///
    /// ```cpp
    /// PersonListing listing{.search = "åse", .has_image = true};
    /// do {
    ///     const auto page = service.persons(listing).value();
    ///     show(page.persons);
    ///     listing.after = page.next;
    /// } while (listing.after);
    /// ```
    [[nodiscard]] result<ListedPersons> persons(const PersonListing& listing) const;

    /// Changes texts. Errors: `info_text_too_long`, `info_text_invalid`, `person_unknown`, those of
    /// `ImageStore::update_info`.
    [[nodiscard]] result<ImageInfo> update_info(ImageKey target, ImageInfoChange change,
                                                const Actor& actor = {}, Precondition precondition = {});
    /// Removes the person's picture, if there is one, or erases the blob and unlinks all persons. Errors:
    /// `person_unknown`, those of `ImageStore::remove`.
    [[nodiscard]] result<RemovedImage> remove(ImageKey target, const Actor& actor = {},
                                              Precondition precondition = {});
    /// Links the person to the blob. Errors: `person_unknown`, `blob_unknown`, `blob_without_image`.
    [[nodiscard]] result<ImageInfo> link(PersonId person_id, BlobId blob_id, const Actor& actor = {});
    /// Unlinks the person, keeps the blob and returns its id.
    [[nodiscard]] result<std::optional<BlobId>> unlink(PersonId person_id, const Actor& actor = {});

    /// Erases the person's picture, renditions and cached copies and, with `name`, removes the person from
    /// the directory. Returns when they are gone, from the store's files too; what may remain is in the
    /// receipt. Succeeds for a person without a picture and for one that the directory doesn't contain.
    /// Errors: `store_cannot_erase`, `person_kept_elsewhere`, those of the ports. After an error repeat it:
    /// the name may be gone and the picture not.
    ///
    /// ```cpp
    /// if (const auto receipt = service.erase(ada, clerk, true))
    ///     archive << to_json(*receipt) << '\n';
    /// ```
    [[nodiscard]] result<ErasureReceipt> erase(PersonId person_id, const Actor& actor, bool name = false);

    /// As `save`, for a picture that another store exported: the ImageInfo gets the texts and the stamps of
    /// the origin, the audit log gets `actor` and the present time. Errors: those of `save`,
    /// `info_text_too_long`, `info_text_invalid`, `person_erased` when the person was erased after the
    /// export.
    [[nodiscard]] result<SavedImage> import_image(PersonId person_id, ImageBytes bytes, ImageTexts texts,
                                                  ImportOrigin origin, const Actor& actor = {},
                                                  Precondition precondition = {});
    /// As `link`, for an imported link. Errors: those of `link`, `person_erased`.
    [[nodiscard]] result<ImageInfo> import_link(PersonId person_id, BlobId blob_id, ImportOrigin origin,
                                                const Actor& actor = {});

    /// Distinguishes stores whose versions may repeat; see `ImageStore::epoch`.
    std::string epoch() const { return store_->epoch(); }
    /// The time of the clock that the constructor got.
    Timestamp now() const { return clock_->now(); }

    /// Success when writes are accepted; see `ImageStore::writable`.
    [[nodiscard]] result<void> writable() const { return store_->writable(); }

private:
    /// A save, and the receipt to add to the store's answer.
    struct PreparedSave {
        SaveImage command;
        std::optional<ScrubReceipt> scrubbed{};
    };

    [[nodiscard]] result<PreparedSave> prepare(SaveTarget target, ImageBytes bytes, ImageTexts texts,
                                               const Actor& actor, Precondition precondition) const;
    [[nodiscard]] result<SavedImage> save(result<PreparedSave> save);
    /// Success for a blob.
    [[nodiscard]] result<void> require_person(const ImageKey& target) const;
    /// The outcome of a read; `image_none` becomes `person_unknown` unless the person exists.
    template<class Value>
    [[nodiscard]] result<Value> found(const ImageKey& key, result<Value>&& outcome) const {
        if (!outcome && outcome.error() == errc::image_none)
            return no_image(key);
        return std::move(outcome);
    }
    Error no_image(const ImageKey& key) const;
    /// As `found` for a person, but calls back.
    template<class Value>
    Completion<Value> finding(PersonId person_id, Completion<Value> completion) const;
    static Error unknown_person(PersonId person_id);
    /// The store's answer to a save, with its receipt.
    [[nodiscard]] static result<SavedImage> answer_of(result<SavedImage> saved, const SaveTarget& target,
                                                      std::optional<ScrubReceipt> scrubbed);

    std::shared_ptr<ImageStore> store_;
    std::shared_ptr<PersonDirectory> directory_;
    Limits limits_;
    std::shared_ptr<const Clock> clock_;
    MetadataPolicy metadata_;
};

} // namespace portrait
