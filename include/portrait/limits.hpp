#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_format.hpp>

#include <cstdint>

namespace portrait {

/// The largest accepted picture. The defaults are safe for a public server.
struct Limits {
    /// Of the stored file; the contract's int32 caps it at 2147483647.
    std::uint64_t max_bytes = 10ULL * 1024 * 1024;
    std::uint64_t max_pixels = 100'000'000; ///< width × height
    std::uint32_t max_width = 65'535;       ///< pixels
    std::uint32_t max_height = 65'535;      ///< pixels
    ImageFormats formats = ImageFormats::all();
};

/// Errors: `image_too_many_bytes`.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_bytes(std::uint64_t size, const Limits& limits);
/// Errors: `image_too_many_pixels`, `image_too_wide`, `image_too_high`.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_dimensions(std::uint32_t width, std::uint32_t height,
                                                            const Limits& limits);

} // namespace portrait
