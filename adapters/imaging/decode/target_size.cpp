#include "decode/target_size.hpp"

#include <algorithm>
#include <cmath>

namespace portrait::imaging {

TargetSize target_size(const Size& upright, const Rendition& rendition) noexcept {
    const auto across = rendition.width ? static_cast<double>(*rendition.width) / upright.width : 1.0;
    const auto down = rendition.height ? static_cast<double>(*rendition.height) / upright.height : 1.0;
    const bool covers = rendition.width && rendition.height && rendition.fit == Fit::cover;
    const auto scale = std::min(1.0, covers ? std::max(across, down) : std::min(across, down));
    const auto scaled = [scale](std::uint32_t side) {
        return std::max(1U, static_cast<std::uint32_t>(std::lround(side * scale)));
    };
    TargetSize target;
    target.scaled = {scaled(upright.width), scaled(upright.height)};
    target.shown = covers ? Size{std::min(target.scaled.width, *rendition.width),
                                 std::min(target.scaled.height, *rendition.height)}
                          : target.scaled;
    return target;
}

} // namespace portrait::imaging
