#pragma once

#include "decode/decoding.hpp"

namespace portrait::imaging {

/// The first frame of a GIF that `probe` accepts, on its canvas, in memory. Pixels that no data paint are
/// transparent; where the data end or are damaged, the pixels before that are shown, and rows of an
/// interlaced frame stand for those below them, as in browsers.
vips::VImage open_gif_still(const ImageBytes& gif, const Size& canvas);

} // namespace portrait::imaging
