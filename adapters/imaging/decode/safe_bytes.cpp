#include "decode/safe_bytes.hpp"

#include <algorithm>
#include <cstddef>
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

std::optional<ImageBytes> first_page_of(const ImageBytes& tiff) {
    constexpr std::size_t head = 8;
    constexpr std::size_t entry = 12;
    const auto bytes = tiff.view();
    if (bytes.size() < head)
        return std::nullopt;
    const bool big_endian = bytes[0] == std::byte{'M'};
    const auto number = [&](std::size_t at, std::size_t size) {
        std::size_t value = 0;
        for (std::size_t index = 0; index < size; ++index)
            value = value << 8 |
                    std::to_integer<std::size_t>(bytes[at + (big_endian ? index : size - 1 - index)]);
        return value;
    };
    const auto directory = number(4, 4);
    if (directory + 2 > bytes.size())
        return std::nullopt;
    const auto next = directory + 2 + number(directory, 2) * entry;
    if (next + 4 > bytes.size() || number(next, 4) == 0)
        return std::nullopt;
    std::vector<std::byte> alone{bytes.begin(), bytes.end()};
    std::fill_n(alone.begin() + static_cast<std::ptrdiff_t>(next), 4, std::byte{0});
    return ImageBytes{std::move(alone)};
}

} // namespace portrait::imaging
