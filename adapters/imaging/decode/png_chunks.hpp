#pragma once

#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace portrait::imaging {

/// Big-endian.
inline std::size_t png_number(std::span<const std::byte> bytes) {
    std::size_t value = 0;
    for (const auto byte : bytes)
        value = value << 8 | std::to_integer<std::size_t>(byte);
    return value;
}

/// A chunk of a PNG.
struct PngChunk {
    std::size_t begin = 0; ///< offsets in the file
    std::size_t end = 0;
    std::string_view name;
    std::span<const std::byte> data;
};

/// Calls `visit` for each whole chunk, until it returns false.
template<class Visit>
void for_each_chunk(const ImageBytes& png, const Visit& visit) {
    constexpr std::size_t signature = 8;
    constexpr std::size_t head = 8;
    constexpr std::size_t frame = head + 4; // and the checksum
    const auto bytes = png.view();
    for (auto at = signature; at < bytes.size() && bytes.size() - at >= frame;) {
        const auto length = png_number(bytes.subspan(at, 4));
        if (length > bytes.size() - at - frame) // cut off
            return;
        if (!visit(PngChunk{at, at + frame + length, png.text().substr(at + 4, 4),
                            bytes.subspan(at + head, length)}))
            return;
        at += frame + length;
    }
}

} // namespace portrait::imaging
