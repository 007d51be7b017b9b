#pragma once

#include "decode/target_size.hpp"

#include <portrait/image_bytes.hpp>

#include <optional>
#include <vector>

namespace portrait::imaging {

/// A GIF with frames put in that show nothing.
struct ClearedGif {
    ImageBytes bytes;
    std::vector<int> put_in; ///< the numbers of those frames, from 0, rising
};

/// What libvips says of a GIF.
struct GifHead {
    Size canvas;
    bool is_transparent = false;
};

/// What of the canvas no frame has painted, or a frame of disposal "background" has given back, is
/// transparent in every browser. libvips makes it black in a picture without a transparent colour, and paints
/// it with the background's colour where the frame that gave it back has none; and of canvases that are
/// large, or of a screen's size, it shows no more than the first frame. Frames that are put in, empty and
/// with a transparent colour, make it take and clear the canvas instead; they take no memory worth counting.
///
/// Nothing when libvips shows the GIF rightly as it is, and when that can't be told because it is damaged.
std::optional<ClearedGif> with_clear_canvas(const ImageBytes& gif, const GifHead& head, bool all_frames);

} // namespace portrait::imaging
