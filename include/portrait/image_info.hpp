#pragma once

#include <portrait/actor.hpp>
#include <portrait/clock.hpp>
#include <portrait/digest.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>
#include <portrait/scrub.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portrait {

/// The version of a picture and of a person's link to it. Equal versions of one store mean equal bytes and
/// ImageInfo, except for `last_modified`; HTTP adapters make ETags of it (contract section 6).
struct ImageVersion {
    BlobId blob_id;
    std::int64_t blob_version = 0; ///< grows with each change of the blob's bytes or texts
    std::int64_t link_version = 0; ///< grows with each link of the person; 0 when read by BlobId
    /// `ImageStore::epoch` when the state was read. Empty: the epoch of such a store never changes while it
    /// is open; equals every other.
    std::string epoch{};

    friend bool operator==(const ImageVersion& left, const ImageVersion& right) noexcept {
        return left.blob_id == right.blob_id && left.blob_version == right.blob_version &&
               left.link_version == right.link_version &&
               (left.epoch == right.epoch || left.epoch.empty() || right.epoch.empty());
    }
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
    /// The second of the last change, for Last-Modified; see `second_of_change`. Absent: the store keeps
    /// none, so the picture has no Last-Modified and counts as modified.
    std::optional<std::chrono::sys_seconds> last_modified{};
    std::string epoch{}; ///< as `ImageVersion::epoch`

    ImageVersion version() const { return {blob_id, blob_version, link_version, epoch}; }
    /// Whether the picture is the one of that date: it has not changed since. False while the second of the
    /// last change is not over, because the picture may change again in it.
    bool is_unmodified_since(std::chrono::sys_seconds date, Timestamp now) const noexcept {
        return has_settled(now) && *last_modified <= date;
    }
    /// Whether the second of the last change is over, so that `last_modified` names one state only.
    bool has_settled(Timestamp now) const noexcept {
        return last_modified && *last_modified + std::chrono::seconds{1} <= now;
    }

    friend bool operator==(const ImageInfo&, const ImageInfo&) = default;
};

/// The `last_modified` of a change at `now`: its second or, when that is not later than the second of the
/// previous change, the one after that. So no two states of a person share a second, also when the clock is
/// set back. `previous` is the `last_modified` of the person's or the blob's state before the change, a
/// removed picture's included; absent: there was none.
inline std::chrono::sys_seconds second_of_change(Timestamp now,
                                                 std::optional<std::chrono::sys_seconds> previous) noexcept {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    return previous && second <= *previous ? *previous + std::chrono::seconds{1} : second;
}

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
