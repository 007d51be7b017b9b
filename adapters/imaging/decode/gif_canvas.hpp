#pragma once

#include "decode/target_size.hpp"

#include <portrait/image_bytes.hpp>

#include <optional>
#include <vector>

namespace portrait::imaging {

/// A GIF with inserted frames that show nothing.
struct ClearedGif {
    ImageBytes bytes;
    std::vector<int> inserted; ///< the numbers of those frames, from 0, ascending
};

/// A GIF's head as read by libvips.
struct GifHead {
    Size canvas;
    bool is_transparent = false;
};

/// Inserts frames where libvips would draw a GIF's canvas wrongly.
///
/// The canvas that no frame has painted, or that a frame of disposal "background" has cleared, is transparent
/// in every browser. libvips makes it black in a picture without a transparent colour, or paints it with the
/// background colour when the clearing frame has no transparent colour; and it shows only the first frame's
/// part of canvases that are large or of a screen's size. Inserted frames, empty and with a transparent
/// colour, make it use and clear the whole canvas; their memory is negligible.
///
/// Nothing when libvips draws the GIF correctly, and when the GIF is too damaged to tell.
std::optional<ClearedGif> with_clear_canvas(const ImageBytes& gif, const GifHead& head, bool all_frames);

} // namespace portrait::imaging
