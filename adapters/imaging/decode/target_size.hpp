#pragma once

#include <portrait/image_renderer.hpp>

#include <cstdint>

namespace portrait::imaging {

/// Pixels.
struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Size&, const Size&) = default;
};

/// The sizes of a rendition.
struct TargetSize {
    Size scaled; ///< of the whole picture
    Size shown;  ///< of the middle part that is kept; smaller than `scaled` only for `Fit::cover`
};

/// For a picture of that size when it is upright. Sides are rounded to the nearest and at least 1.
TargetSize target_size(const Size& upright, const Rendition& rendition) noexcept;

} // namespace portrait::imaging
