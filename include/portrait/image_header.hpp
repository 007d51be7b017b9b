#pragma once

#include <portrait/image_format.hpp>

#include <cstdint>

namespace portrait {

/// The meaning of a picture's samples.
enum class ColorModel : std::uint8_t { grey, rgb, palette, ycbcr, cmyk, lab, other };

/// The contents of a picture's head.
struct ImageHeader {
    ImageFormat format = ImageFormat::png;
    std::uint32_t width = 0;           ///< pixels, as stored (before any orientation is applied)
    std::uint32_t height = 0;          ///< pixels, as stored
    std::uint16_t bits_per_sample = 8; ///< 1 to 64
    std::uint16_t samples = 3;         ///< per pixel, alpha included; 1 for a palette
    ColorModel color = ColorModel::rgb;
    bool progressive = false; ///< JPEG SOF2, interlaced PNG; never set for a GIF
    bool animated = false;    ///< a hint by the head (acTL, NETSCAPE2.0); frames aren't counted

    friend bool operator==(const ImageHeader&, const ImageHeader&) = default;
};

} // namespace portrait
