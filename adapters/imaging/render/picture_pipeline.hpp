#pragma once

#include "decode/opened_picture.hpp"
#include "render/render_watch.hpp"

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// The picture upright, in the rendition's size and displayable, to be evaluated while `watch` attends.
/// Throws `vips::VError`.
vips::VImage scaled_upright(const RenderImage& job, const OpenedPicture& opened, const RenderWatch& watch);

} // namespace portrait::imaging
