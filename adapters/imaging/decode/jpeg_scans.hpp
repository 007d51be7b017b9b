#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace portrait::imaging {

/// The scans of a JPEG.
struct JpegScans {
    std::uint32_t scans = 0; ///< of the picture itself, not of thumbnails within segments
    /// The memory for the coefficients of the whole picture in libjpeg; 0 when one scan has all of them.
    std::uint64_t coefficient_bytes = 0;
};

/// Walks the segments up to the end of the picture, or of the bytes.
JpegScans jpeg_scans(std::span<const std::byte> bytes);

} // namespace portrait::imaging
