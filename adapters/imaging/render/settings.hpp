#pragma once

#include <portrait/imaging/vips_renderer.hpp>

namespace portrait::imaging {

/// The settings; throws `std::invalid_argument` for a value outside its bounds.
RenderSettings checked(RenderSettings settings);

} // namespace portrait::imaging
