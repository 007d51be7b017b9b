#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/digest.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_header.hpp>
#include <portrait/precondition.hpp>

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

/// `ImageStore::save`: stores bytes, or makes a blob whose bytes are stored later.
struct SaveImage {
    SaveTarget target;
    std::optional<ImageContent> content{}; ///< absent only for `NewBlob`
    ImageTexts texts;                      ///< of a new blob; a replaced blob keeps its own
    Actor actor;
    Timestamp now;
    Precondition precondition; ///< ignored for `NewBlob`, which has no state yet
};

/// `ImageStore::update_info`: changes the given texts.
struct UpdateImageInfo {
    ImageKey target;
    std::optional<std::string> description{}; ///< absent: stays as it is
    std::optional<std::string> extra_info{};
    std::optional<std::string> conceptual_type{};
    std::optional<BlobId> expected_blob_id{}; ///< any other is `info_blob_id_mismatch`
    Actor actor;
    Timestamp now;
    Precondition precondition;
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
};

/// `ImageStore::unlink`: unlinks a person and keeps the blob.
struct UnlinkImage {
    PersonId person_id;
    Actor actor;
    Timestamp now;
};

} // namespace portrait
