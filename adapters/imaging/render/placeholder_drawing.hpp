#pragma once

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

#include <cstdint>

namespace portrait::imaging {

/// Pixels across and down.
std::uint32_t placeholder_side(Placeholder kind, const Rendition& rendition);

/// The placeholder as an sRGB image with alpha, drawn row by row when they are asked for. It is drawn for its
/// size, so that its edges are sharp. Throws `vips::VError`.
vips::VImage draw_placeholder(Placeholder kind, const Rendition& rendition);

} // namespace portrait::imaging
