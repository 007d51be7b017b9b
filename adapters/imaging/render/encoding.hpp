#pragma once

#include <portrait/imaging/vips_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// The image as 8-bit grey or sRGB with at most an alpha, which is all that the encoders below are given.
vips::VImage displayable(vips::VImage image);

/// Evaluates the image, which has to be displayable, and encodes it without metadata but the sRGB profile.
/// Throws `vips::VError`.
ImageBytes encode(vips::VImage image, ImageFormat format, const RenderSettings& settings);

} // namespace portrait::imaging
