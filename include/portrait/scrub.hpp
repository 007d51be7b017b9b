#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace portrait {

/// The kinds of data in a picture file beside its pixels.
enum class MetadataKind : std::uint8_t {
    exif,             ///< camera, GPS position, time, maker notes, thumbnail
    xmp,              ///< extended segments, too
    iptc,             ///< Photoshop's resources with IPTC captions
    comment,          ///< JPEG COM, GIF comments
    text,             ///< PNG tEXt, zTXt, iTXt, GIF's plain text
    time,             ///< PNG tIME
    thumbnail,        ///< in JFIF and JFXX
    extra_image,      ///< MPF's index, and pictures behind the end of the first
    application_data, ///< segments, chunks and extensions of programs, and unknown ones
    trailing_data,    ///< other data behind the picture or between its parts
};

/// A name for logs, such as `exif` or `extra image`.
PORTRAIT_EXPORT std::string_view name_of(MetadataKind kind) noexcept;

/// The removed metadata of one kind.
struct RemovedMetadata {
    MetadataKind kind = MetadataKind::exif;
    std::uint32_t parts = 0; ///< segments, chunks or extensions
    std::uint64_t bytes = 0; ///< their size in the file, framing included

    friend bool operator==(const RemovedMetadata&, const RemovedMetadata&) = default;
};

/// The effect of a scrub.
struct ScrubReceipt {
    /// False: files of this format (TIFF) are left unchanged, with their metadata.
    bool supported = true;
    std::vector<RemovedMetadata> removed{}; ///< one for each kind, in the order of `MetadataKind`
    /// The EXIF orientation that stays, 2 to 8; absent when the picture is stored upright.
    std::optional<std::uint8_t> orientation{};

    friend bool operator==(const ScrubReceipt&, const ScrubReceipt&) = default;
};

/// A picture without its metadata.
struct Scrubbed {
    ImageBytes bytes; ///< shared with the input when nothing was removed
    ScrubReceipt receipt;
};

/// Whether a service stores pictures as received or without their metadata.
enum class MetadataPolicy : std::uint8_t { keep, scrub };

/// Removes the metadata of a file and changes no pixel: compressed data are copied up to the last bit that
/// decoders read, and not decompressed.
///
/// - JPEG keeps the segments for decoding with the tables that a scan uses, JFIF (without its thumbnail), a
///   sound ICC profile and Adobe's colour transform; all other segments, all data behind the end of the
///   picture or of a scan, and surplus bytes of segments are removed. Of a scan with arithmetic coding, the
///   end isn't searched.
/// - PNG keeps critical chunks and those for colours, transparency, density and animation, once each and only
///   of the right size; the profile's name becomes `icc`.
/// - GIF keeps its frames, timing, loop count and a sound ICC profile.
/// - TIFF is left unchanged, since its metadata and picture are one structure; see `ScrubReceipt::supported`.
/// - The first EXIF block is replaced by one of its orientation alone, unless that is 1 or absent.
/// - Colours that no pixel has, and the content of ICC profiles, stay.
///
/// Errors: those of `probe`; `image_corrupt` when the structure is damaged, so that metadata might stay. A
/// file that is cut off within its pixels is scrubbed up to its end. Takes time and memory in proportion to
/// the file's size; a progressive JPEG has at most 100 scans. A second scrub removes nothing. Thread-safe.
[[nodiscard]] PORTRAIT_EXPORT result<Scrubbed> scrub(const ImageBytes& bytes);

} // namespace portrait
