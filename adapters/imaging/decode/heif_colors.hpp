#pragma once

#include "decode/color_codes.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace portrait::imaging {

/// Whether colours are multiplied by alpha (ISO/IEC 23008-12, 6.10.1.1: `prem`), which libvips ignores.
bool has_multiplied_colors(std::span<const std::byte> heif);

/// The codes, as browsers read them, of the first colour box of a HEIC or AVIF picture (ISO/IEC
/// 14496-12, 12.1.5: `nclx`), which libvips ignores; nothing if there is none, or none within bounds.
std::optional<ColorCodes> heif_color_codes(std::span<const std::byte> heif);

} // namespace portrait::imaging
