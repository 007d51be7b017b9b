#pragma once

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Draws the placeholder for its size, so that its edges are sharp: an sRGB image with alpha.
vips::VImage draw_placeholder(Placeholder kind, const Rendition& rendition);

} // namespace portrait::imaging
