#pragma once

#include "decode/opened_picture.hpp"
#include "decode/target_size.hpp"

#include <portrait/imaging/vips_renderer.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Whether the EXIF orientation lays the picture on its side.
bool is_turned(const vips::VImage& head);

/// What the rendition comes to; `head` is the opened picture, not reduced.
TargetSize target_of(const RenderImage& job, const vips::VImage& head);

/// How many times smaller the codec makes the picture while it decodes: 1, 2, 4 or 8. At least a factor of
/// two is left to the final resizing, which does it better.
int reduction_on_load(const RenderImage& job, const vips::VImage& head);

/// Judges what drawing the placeholder takes.
[[nodiscard]] result<DecodingCost> drawing_cost(Placeholder kind, const Rendition& rendition,
                                                const RenderSettings& settings);

/// Judges by the head what rendering the picture takes.
[[nodiscard]] result<DecodingCost> decoding_cost(const RenderImage& job, const OpenedPicture& opened,
                                                 const RenderSettings& settings);

} // namespace portrait::imaging
