#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace portrait::imaging {

/// How a JPEG's pixels come.
struct JpegScans {
    std::uint32_t scans = 0; ///< of the picture itself, not of thumbnails within segments
    std::uint64_t coefficient_bytes =
        0; ///< that libjpeg holds of the whole picture; 0 when one scan has it all
};

/// Walks the segments up to the end of the picture, or of the bytes.
JpegScans jpeg_scans(std::span<const std::byte> bytes);

} // namespace portrait::imaging
