#pragma once

#include "decode/decoding.hpp"

#include <cstdint>

/// Decoding of TIFFs by libtiff: libvips' own reader refuses or distorts many that are legal.
namespace portrait::imaging {

/// A TIFF's first page.
struct TiffPicture {
    /// Grey, sRGB, CMYK or Lab, of 8 or 16 bits (Lab: floating-point), with at most one alpha that the
    /// colours aren't multiplied with. Its rows are decoded when they are read; what can't be decoded is
    /// zero, but a first strip or tile of which nothing can be fails.
    vips::VImage image;
    std::uint64_t buffer_bytes = 0; ///< the memory for the strip or tile in work
};

/// Reads the first directory of a TIFF that `probe` accepts.
TiffPicture open_tiff(const ImageBytes& bytes);

} // namespace portrait::imaging
