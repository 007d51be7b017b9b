#include "decode/tiff_pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace portrait::imaging {

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
