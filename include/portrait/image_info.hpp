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
#include <vector>

namespace portrait {

/// The version of a picture and of a person's link to it. Equal versions mean equal bytes and ImageInfo; HTTP
/// adapters make ETags of it (contract section 6).
struct ImageVersion {
    BlobId blob_id;
    std::int64_t blob_version = 0; ///< grows with each change of the blob's bytes or texts
    std::int64_t link_version = 0; ///< grows with each link of the person; 0 when read by BlobId

    friend bool operator==(const ImageVersion&, const ImageVersion&) = default;
};

/// The contract's BlobEntity (section 3) as plain data, with dimensions, digest and version.
struct ImageInfo {
    BlobId blob_id;
    std::int64_t blob_version = 0;
    std::int64_t link_version = 0; ///< 0 when read by BlobId

    std::uint64_t size = 0;              ///< bytes; 0 for a blob without bytes
    std::optional<ImageFormat> format{}; ///< absent for a blob without bytes
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    Digest digest{};

    std::string description{};
    std::string extra_info{};
    std::string conceptual_type{}; ///< `PERSONPHOTO` for a blob made by a person's save

    Timestamp created_at{};
    Actor created_by{};
    Timestamp updated_at{};
    Actor updated_by{};
    Timestamp linked_at{}; ///< of the person's link; `created_at` when read by BlobId

    ImageVersion version() const noexcept { return {blob_id, blob_version, link_version}; }
    /// The later of the blob's and the link's change, for Last-Modified.
    Timestamp last_modified() const noexcept { return updated_at < linked_at ? linked_at : updated_at; }

    friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

/// One state of a picture: its bytes and their ImageInfo.
struct StoredImage {
    ImageInfo info;
    ImageBytes bytes;
};

/// The outcome of a save.
struct SavedImage {
    ImageInfo info;
    bool created = false; ///< whether a new blob was made
    /// The metadata removed before storing; absent when the service keeps metadata. Set by the service, not
    /// by stores.
    std::optional<ScrubReceipt> scrubbed{};

    BlobId blob_id() const noexcept { return info.blob_id; }
};

/// The outcome of a removal; without a blob there was nothing to remove.
struct RemovedImage {
    std::optional<BlobId> unlinked{}; ///< the person's blob
    bool erased = false;              ///< whether the blob was erased, too
};

/// The outcome of `ImageStore::erase`.
struct ErasedImage {
    std::int64_t number = 0; ///< of this erasure; the store counts them from 1
    /// The person's blobs that are gone, bytes included.
    std::vector<BlobId> erased{};
    /// The blobs that stay because other persons are linked to them.
    std::vector<BlobId> kept{};
    /// One sentence for each part that may still be on the disk, with the reason and the remedy.
    std::vector<std::string> unproven{};
};

/// The last erasure of a person.
struct Erasure {
    std::string epoch{};     ///< of the store at that time
    std::int64_t number = 0; ///< as `ErasedImage::number`
    Timestamp at{};

    friend bool operator==(const Erasure&, const Erasure&) = default;
};

} // namespace portrait
