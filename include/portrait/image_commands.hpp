#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/digest.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_header.hpp>
#include <portrait/image_info.hpp>
#include <portrait/precondition.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// The commands of an `ImageStore`: plain data, already validated.
namespace portrait {

/// The target of a save that makes a blob without a person.
struct NewBlob {};

/// The target of a save: a person (whose blob is replaced under its id, unless it is shared), an existing
/// blob (shared or not), or a new blob.
using SaveTarget = std::variant<PersonId, BlobId, NewBlob>;

/// Addresses a picture by its person or by its blob.
using ImageKey = std::variant<PersonId, BlobId>;

/// The texts of an ImageInfo.
struct ImageTexts {
    std::string description{};
    std::string extra_info{};
    std::string conceptual_type{};
};

/// A picture's bytes with their header and digest.
struct ImageContent {
    ImageBytes bytes;
    ImageHeader header;
    Digest digest;
};

/// The created and updated fields of an ImageInfo.
struct ImageStamps {
    Timestamp created_at{};
    Actor created_by{};
    Timestamp updated_at{};
    Actor updated_by{};
};

/// The moment of a store that an export shows. An import is refused for persons that were erased later.
struct ExportMoment {
    std::string epoch{};       ///< `ImageStore::epoch` of the exported store
    std::int64_t erasures = 0; ///< `ImageStore::erasures` of the exported store
    Timestamp at{};            ///< when the export began; by default all erasures are later

    /// By number within one epoch; by time between stores and without an epoch.
    bool is_before(const Erasure& erasure) const noexcept {
        return !epoch.empty() && epoch == erasure.epoch ? erasure.number > erasures : erasure.at >= at;
    }
};

/// The origin of an imported picture or link.
struct ImportOrigin {
    /// Replace the command's actor and time in the ImageInfo; a replaced blob keeps its created fields.
    ImageStamps stamps{};
    Timestamp linked_at{};   ///< replaces the command's time in the link
    ExportMoment exported{}; ///< a later erasure of the person is `person_erased`
};

/// `ImageStore::save`: stores bytes, or makes a blob whose bytes are stored later.
struct SaveImage {
    SaveTarget target;
    std::optional<ImageContent> content{}; ///< absent only for `NewBlob`
    ImageTexts texts;                      ///< of a new blob; a replaced blob keeps its own
    Actor actor;
    Timestamp now;
    Precondition precondition; ///< ignored for `NewBlob`, which has no state yet
    /// Given by an import; the actor and the time of the command are then those of the import itself.
    std::optional<ImportOrigin> origin{};
    /// The store has to check first that its directory contains the person; set only for a store with
    /// `ImageStore::checks_persons_of`.
    bool for_listed_person = false;
};

/// `ImageStore::update_info`: changes the given texts.
struct PORTRAIT_EXPORT UpdateImageInfo {
    ImageKey target;
    std::optional<std::string> description{}; ///< absent: stays as it is
    std::optional<std::string> extra_info{};
    std::optional<std::string> conceptual_type{};
    std::optional<BlobId> expected_blob_id{}; ///< any other is `info_blob_id_mismatch`
    Actor actor;
    Timestamp now;
    Precondition precondition;

    /// Success, or `info_blob_id_mismatch` when another blob is expected than the stored one.
    [[nodiscard]] result<void> check_blob_id(BlobId stored) const;
};

/// `ImageStore::remove`: unlinks a person, and erases the blob unless it is shared; or unlinks all persons of
/// a blob and erases it.
struct RemoveImage {
    ImageKey target;
    Actor actor;
    Timestamp now;
    Precondition precondition;
};

/// `ImageStore::link`: links a person to an existing blob.
struct LinkImage {
    PersonId person_id;
    BlobId blob_id;
    Actor actor;
    Timestamp now;
    std::optional<ImportOrigin> origin{}; ///< as in `SaveImage`; the stamps are ignored
};

/// `ImageStore::unlink`: unlinks a person and keeps the blob.
struct UnlinkImage {
    PersonId person_id;
    Actor actor;
    Timestamp now;
};

/// `ImageStore::erase`: removes what the store has of a person, and notes that it was erased.
struct EraseImage {
    PersonId person_id;
    Actor actor;
    Timestamp now;
};

} // namespace portrait
