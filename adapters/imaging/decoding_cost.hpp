#pragma once

#include <portrait/imaging/vips_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Whether every frame of the picture goes into the rendition.
bool renders_all_frames(const RenderImage& job) noexcept;

/// Judges by the head what rendering the picture takes; `head` is the opened picture.
result<DecodingCost> decoding_cost(const RenderImage& job, const vips::VImage& head,
                                   const RenderSettings& settings);

} // namespace portrait::imaging
