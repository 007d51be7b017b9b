#include "decode/png_texts.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::imaging {

std::optional<ImageBytes> without_texts(const ImageBytes& png) {
    constexpr std::size_t signature = 8;
    constexpr std::size_t frame = 12; // of a chunk: length, name and checksum
    const auto bytes = png.view();
    std::vector<std::byte> rest;
    std::size_t kept_from = 0;
    const auto keep_up_to = [&](std::size_t end) {
        rest.insert(rest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(kept_from),
                    bytes.begin() + static_cast<std::ptrdiff_t>(end));
    };
    for (auto at = signature; at < bytes.size() && bytes.size() - at >= frame;) {
        std::size_t length = 0;
        for (const auto byte : bytes.subspan(at, 4))
            length = length << 8 | std::to_integer<std::size_t>(byte);
        if (length > bytes.size() - at - frame) // cut off
            break;
        const auto name = png.text().substr(at + 4, 4);
        if (name == "tEXt" || name == "zTXt" || name == "iTXt") {
            keep_up_to(at);
            kept_from = at + frame + length;
        }
        at += frame + length;
    }
    if (kept_from == 0)
        return std::nullopt;
    keep_up_to(bytes.size());
    return ImageBytes{std::move(rest)};
}

} // namespace portrait::imaging
