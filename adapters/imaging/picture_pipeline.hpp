#pragma once

#include "render_watch.hpp"

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// The picture upright, in the rendition's size and displayable, to be evaluated while `watch` attends.
/// `head` is the opened picture. Throws `vips::VError`.
vips::VImage scaled_upright(const RenderImage& job, const vips::VImage& head, const RenderWatch& watch);

} // namespace portrait::imaging
