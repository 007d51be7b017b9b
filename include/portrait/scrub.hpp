#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace portrait {

/// What a picture file carries beside its pixels.
enum class MetadataKind : std::uint8_t {
    exif,             ///< camera, GPS position, time, maker notes, and the thumbnail inside
    xmp,              ///< also what continues it in further segments
    iptc,             ///< Photoshop's resources, with IPTC captions in them
    comment,          ///< JPEG COM, GIF comments
    text,             ///< PNG tEXt, zTXt, iTXt
    time,             ///< PNG tIME
    thumbnail,        ///< in JFIF and JFXX
    extra_image,      ///< MPF's index, and pictures that stand after the end of the first
    application_data, ///< segments, chunks and extensions of programs, and any that aren't known
    trailing_data,    ///< what stands after the end of the picture, or between its parts, and is no picture
};

/// A name for logs, such as `exif` or `extra image`.
PORTRAIT_EXPORT std::string_view name_of(MetadataKind kind) noexcept;

/// What was removed of one kind.
struct RemovedMetadata {
    MetadataKind kind = MetadataKind::exif;
    std::uint32_t parts = 0; ///< segments, chunks or extensions
    std::uint64_t bytes = 0; ///< their size in the file, framing included

    friend bool operator==(const RemovedMetadata&, const RemovedMetadata&) = default;
};

/// What a scrub did.
struct ScrubReceipt {
    /// False: the format is one that is left as it is, with whatever metadata it has (TIFF).
    bool supported = true;
    std::vector<RemovedMetadata> removed{}; ///< one a kind, in the order of `MetadataKind`; empty: was clean
    /// The EXIF orientation, 2 to 8, that the picture still has; absent when it is shown as it is stored.
    std::optional<std::uint8_t> orientation{};

    friend bool operator==(const ScrubReceipt&, const ScrubReceipt&) = default;
};

/// A picture without its metadata, and what that took.
struct Scrubbed {
    ImageBytes bytes; ///< the ones that came in, without a copy, when nothing was removed
    ScrubReceipt receipt;
};

/// Whether a service stores pictures as received or without their metadata.
enum class MetadataPolicy : std::uint8_t { keep, scrub };

/// Removes what a file tells beside its picture, and changes no pixel: compressed data are copied as they
/// are, nothing is decoded.
///
/// - JPEG keeps what decoding takes, JFIF (without its thumbnail), the ICC profile and Adobe's colour
///   transform; every other application segment, comments, and all behind the end of the picture go.
/// - PNG keeps critical chunks, those that say how its colours and transparency are to be shown (tRNS, gAMA,
///   cHRM, sRGB, iCCP, cICP, mDCV, cLLI, sBIT, bKGD, hIST, pHYs) and those of an animation; every other chunk
///   goes.
/// - GIF keeps what is drawn, its loop count and its ICC profile; comments and all other applications'
///   extensions go.
/// - TIFF is left as it is (its metadata and its picture are one structure): `ScrubReceipt::supported` says
/// so.
/// - An EXIF orientation other than 1 stays, alone in an EXIF block of 26 bytes where the first one stood.
///
/// Errors: those of `probe`; `image_corrupt` when the structure can't be followed to its end, so that
/// metadata might stay behind. A file that is cut off in the middle of its pixels is scrubbed up to there.
/// Takes time and memory in proportion to the file's size. Scrubbing again removes nothing. Thread-safe.
[[nodiscard]] PORTRAIT_EXPORT result<Scrubbed> scrub(const ImageBytes& bytes);

} // namespace portrait
