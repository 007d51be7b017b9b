#pragma once

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

} // namespace portrait
