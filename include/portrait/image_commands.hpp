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

/// What a service asks of an `ImageStore`. Plain data, already validated; stores don't check again.
namespace portrait {

/// The target of a save that makes a blob linked to nobody.
struct NewBlob {};

/// Where the bytes go: to a person (replacing the bytes of the linked blob under its id, unless it is
/// shared), into an existing blob (shared or not), or into a new blob.
using SaveTarget = std::variant<PersonId, BlobId, NewBlob>;

/// Addresses a picture by its person or by its blob.
using ImageKey = std::variant<PersonId, BlobId>;

/// The texts of an ImageInfo.
struct ImageTexts {
    std::string description{};
    std::string extra_info{};
    std::string conceptual_type{};
};

/// A picture's bytes and what is known of them. Both or none: a blob may be made before its bytes come.
struct ImageContent {
    ImageBytes bytes;
    ImageHeader header;
    Digest digest;
};

/// `ImageStore::save`: stores bytes, or makes a blob whose bytes come later.
struct SaveImage {
    SaveTarget target;
    std::optional<ImageContent> content{}; ///< may be absent for `NewBlob` only
    ImageTexts texts;                      ///< of a blob that the save makes; a replaced blob keeps its own
    Actor actor;
    Timestamp now;
    Precondition precondition; ///< ignored for `NewBlob`, which has no state yet
};

/// `ImageStore::update_info`: changes the texts that are given.
struct UpdateImageInfo {
    ImageKey target;
    std::optional<std::string> description{}; ///< absent: stays as it is
    std::optional<std::string> extra_info{};
    std::optional<std::string> conceptual_type{};
    std::optional<BlobId> expected_blob_id{}; ///< when given: another one is `info_blob_id_mismatch`
    Actor actor;
    Timestamp now;
    Precondition precondition;
};

/// Of a person: unlinks, and erases the blob when nobody else links it. Of a blob: unlinks everybody and
/// erases it.
struct RemoveImage {
    ImageKey target;
    Actor actor;
    Timestamp now;
    Precondition precondition;
};

/// `ImageStore::link`: gives a person a blob that is there already.
struct LinkImage {
    PersonId person_id;
    BlobId blob_id;
    Actor actor;
    Timestamp now;
};

/// Unlinks a person and lets the blob live, even when nobody links it any more.
struct UnlinkImage {
    PersonId person_id;
    Actor actor;
    Timestamp now;
};

} // namespace portrait
