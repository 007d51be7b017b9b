#pragma once

#include "decode/decoding.hpp"

#include <optional>

/// Parts of PNG that libvips' loader doesn't have.
namespace portrait::imaging {

/// The PNG without its text and colour chunks. No rendition has texts, but decoders unpack each of them
/// before they return the head, and a few hundred bytes unpack to a megabyte. `with_png_colors` gives the
/// colour chunks their meaning. Nothing when there are none.
std::optional<ImageBytes> without_side_chunks(const ImageBytes& png);

/// The pixels of a PNG. One that is interlaced or cut off is decoded at once and kept in memory, so that the
/// rows and passes before the damage are shown, as in browsers; others are decoded when their rows are read.
vips::VImage open_png_pixels(const ImageBytes& png, const ImageHeader& header);

/// Gives the image the profile that the PNG's chunks mean: the first of cICP, iCCP, sRGB, and gAMA with or
/// without cHRM (PNG, third edition, 4.3). `image` has the PNG's pixels.
vips::VImage with_png_colors(const ImageBytes& png, const vips::VImage& image);

} // namespace portrait::imaging
