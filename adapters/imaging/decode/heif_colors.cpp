#include "decode/heif_colors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace portrait::imaging {
namespace {

using Bytes = std::span<const std::byte>;

std::uint64_t number(Bytes bytes) {
    std::uint64_t value = 0;
    for (const auto byte : bytes)
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
}

std::string_view name_in(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The contents of the first box of that name; nothing if it is missing or cut off.
std::optional<Bytes> box(Bytes boxes, std::string_view name) {
    constexpr int most_boxes = 1000;
    for (int count = 0; boxes.size() >= 8 && count < most_boxes; ++count) {
        std::uint64_t head = 8;
        std::uint64_t size = number(boxes.first(4));
        if (size == 1 && boxes.size() >= 16) {
            head = 16;
            size = number(boxes.subspan(8, 8));
        } else if (size == 0) {
            size = boxes.size(); // up to the end
        }
        if (size < head || size > boxes.size())
            return std::nullopt;
        if (name_in(boxes.subspan(4, 4)) == name)
            return boxes.subspan(head, size - head);
        boxes = boxes.subspan(size);
    }
    return std::nullopt;
}

/// The contents of a box inside of the first `meta`.
std::optional<Bytes> box_in_meta(Bytes heif, std::string_view name) {
    constexpr std::size_t version_and_flags = 4;
    const auto meta = box(heif, "meta");
    return meta && meta->size() >= version_and_flags ? box(meta->subspan(version_and_flags), name)
                                                     : std::nullopt;
}

/// What isn't specified is sRGB's, and the curves of cameras are read as sRGB's, too.
ColorCodes as_browsers_read(ColorCodes codes) {
    constexpr std::size_t unspecified = 2;
    constexpr std::array<std::size_t, 5> camera_or_unspecified{1, 2, 6, 14, 15};
    if (codes.primaries == unspecified)
        codes.primaries = 1;
    if (std::ranges::find(camera_or_unspecified, codes.transfer) != camera_or_unspecified.end())
        codes.transfer = 13;
    return codes;
}

} // namespace

bool has_multiplied_colors(Bytes heif) {
    constexpr std::size_t version_and_flags = 4;
    const auto references = box_in_meta(heif, "iref");
    return references && references->size() >= version_and_flags &&
           box(references->subspan(version_and_flags), "prem");
}

std::optional<ColorCodes> heif_color_codes(Bytes heif) {
    const auto properties = box_in_meta(heif, "iprp");
    auto inside = properties ? box(*properties, "ipco") : std::nullopt;
    if (!inside)
        return std::nullopt;
    // There may be two, one with a profile.
    for (auto color = box(*inside, "colr"); color; color = box(*inside, "colr")) {
        if (color->size() >= 10 && name_in(color->first(4)) == "nclx")
            return as_browsers_read(
                {.primaries = number(color->subspan(4, 2)), .transfer = number(color->subspan(6, 2))});
        inside = inside->last(static_cast<std::size_t>(inside->data() + inside->size() - color->data()) -
                              color->size());
    }
    return std::nullopt;
}

} // namespace portrait::imaging
