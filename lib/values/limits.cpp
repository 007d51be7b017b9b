#include <portrait/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace portrait {
namespace {

Error over_limit(errc code, std::string_view verb, std::uint64_t observed, std::uint64_t limit,
                 std::string_view unit) {
    return Error{code,
                 fmt::format("The picture {} {} {}; at most {} are accepted", verb, observed, unit, limit)}
        .with_limit(observed, limit);
}

} // namespace

[[nodiscard]] result<void> check_bytes(std::uint64_t size, const Limits& limits) {
    const auto largest = std::min<std::uint64_t>(limits.max_bytes, std::numeric_limits<std::int32_t>::max());
    if (size > largest)
        return over_limit(errc::image_too_many_bytes, "has", size, largest, "bytes");
    return {};
}

[[nodiscard]] result<void> check_dimensions(std::uint32_t width, std::uint32_t height, const Limits& limits) {
    const auto pixels = std::uint64_t{width} * height;
    if (pixels > limits.max_pixels)
        return Error{errc::image_too_many_pixels,
                     fmt::format("The picture has {} x {} = {} pixels; at most {} are accepted", width,
                                 height, pixels, limits.max_pixels)}
            .with_limit(pixels, limits.max_pixels);
    if (width > limits.max_width)
        return over_limit(errc::image_too_wide, "is", width, limits.max_width, "pixels wide");
    if (height > limits.max_height)
        return over_limit(errc::image_too_high, "is", height, limits.max_height, "pixels high");
    return {};
}

} // namespace portrait
