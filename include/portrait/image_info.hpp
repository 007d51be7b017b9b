#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/digest.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>
#include <portrait/scrub.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace portrait {

/// Names one state of a picture (and of a person's link to it). Two states never share a version, so equal
/// versions mean equal bytes and equal ImageInfo; an HTTP adapter makes its ETags of it (contract section 6).
struct ImageVersion {
    BlobId blob_id;
    std::int64_t blob_version = 0; ///< grows with every change of the blob's bytes or texts
    std::int64_t link_version = 0; ///< grows with every link of the person; 0 when asked by BlobId

    friend bool operator==(const ImageVersion&, const ImageVersion&) = default;
};

/// What the contract's BlobEntity tells (section 3), as plain data, plus dimensions, digest and version.
struct ImageInfo {
    BlobId blob_id;
    std::int64_t blob_version = 0;
    std::int64_t link_version = 0; ///< 0 when asked by BlobId

    std::uint64_t size = 0;              ///< bytes; 0 when the blob has no bytes yet
    std::optional<ImageFormat> format{}; ///< absent when the blob has no bytes yet
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    Digest digest{};

    std::string description{};
    std::string extra_info{};
    std::string conceptual_type{}; ///< `PERSONPHOTO` for a blob that was made by a person's save

    Timestamp created_at{};
    Actor created_by{};
    Timestamp updated_at{};
    Actor updated_by{};
    Timestamp linked_at{}; ///< when the person was linked; equal to `created_at` when asked by BlobId

    ImageVersion version() const noexcept { return {blob_id, blob_version, link_version}; }
    /// The later of the blob's and the link's change: what Last-Modified says.
    Timestamp last_modified() const noexcept { return updated_at < linked_at ? linked_at : updated_at; }

    friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

/// A picture as it was at one moment: its bytes and the ImageInfo that belongs to exactly these bytes.
struct StoredImage {
    ImageInfo info;
    ImageBytes bytes;
};

/// What a save did.
struct SavedImage {
    ImageInfo info;       ///< as it is now
    bool created = false; ///< a new blob was made; false when the bytes of a blob were replaced
    /// What was removed before storing; absent when the service keeps metadata. Filled in by the service,
    /// not by stores.
    std::optional<ScrubReceipt> scrubbed{};

    BlobId blob_id() const noexcept { return info.blob_id; }
};

/// What a removal did. Both empty: there was nothing to remove.
struct RemovedImage {
    std::optional<BlobId> unlinked{}; ///< the blob that the person was linked to
    bool erased = false;              ///< the blob was erased too, since nobody else links it
};

} // namespace portrait
