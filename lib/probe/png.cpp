#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portrait::probing {
namespace {

constexpr std::uint64_t header_end = 33; // signature and IHDR

struct ColorType {
    std::uint8_t code;
    std::uint32_t depths; ///< bit n is set when n bits a sample are legal
    std::uint16_t samples;
    ColorModel color;
};

constexpr std::uint32_t depths(std::initializer_list<int> bits) {
    std::uint32_t set = 0;
    for (const int count : bits)
        set |= 1U << count;
    return set;
}

/// The PNG specification's table of legal colour types and bit depths (11.2.1).
constexpr std::array color_types{
    ColorType{0, depths({1, 2, 4, 8, 16}), 1, ColorModel::grey},
    ColorType{2, depths({8, 16}), 3, ColorModel::rgb},
    ColorType{3, depths({1, 2, 4, 8}), 1, ColorModel::palette},
    ColorType{4, depths({8, 16}), 2, ColorModel::grey},
    ColorType{6, depths({8, 16}), 4, ColorModel::rgb},
};

[[nodiscard]] result<void> check_frame_of_header(ByteView bytes) {
    using namespace std::string_view_literals;
    if (!bytes.begins_to_match(0, png_signature))
        return corrupt("The PNG signature is damaged, as by a transfer that changes line ends");
    if (bytes.matches(12, "CgBI"))
        return unsupported("a picture in Apple's private variant of PNG (CgBI)");
    if (!bytes.begins_to_match(8, "\0\0\0\x0dIHDR"sv))
        return corrupt("The PNG does not begin with an IHDR chunk of 13 bytes");
    if (!bytes.has(0, header_end))
        return truncated("PNG's IHDR chunk", bytes, header_end);
    if (checksum(bytes.part(12, 17)) != bytes.be32(29))
        return corrupt("The PNG's IHDR chunk has a wrong checksum");
    return {};
}

[[nodiscard]] result<ImageHeader> read_header(ByteView bytes) {
    if (auto framed = check_frame_of_header(bytes); !framed)
        return framed.error();
    const auto width = bytes.be32(16);
    const auto height = bytes.be32(20);
    const auto depth = bytes.u8(24);
    const auto type = bytes.u8(25);
    const auto interlace = bytes.u8(28);
    const auto* const color = std::find_if(color_types.begin(), color_types.end(),
                                           [type](const auto& row) { return row.code == type; });
    if (color == color_types.end())
        return corrupt(fmt::format("The PNG's IHDR chunk has the unknown colour type {}", type));
    if (depth > 16 || (color->depths >> depth & 1U) == 0)
        return corrupt(fmt::format(
            "The PNG's IHDR chunk has {} bits a sample, which colour type {} does not allow", depth, type));
    if (bytes.u8(26) != 0)
        return corrupt("The PNG's IHDR chunk has an unknown compression method");
    if (bytes.u8(27) != 0)
        return corrupt("The PNG's IHDR chunk has an unknown filter method");
    if (interlace > 1)
        return corrupt("The PNG's IHDR chunk has an unknown interlace method");
    if (width == 0 || height == 0)
        return zero_dimension("PNG", width, height);
    if (width > largest_png_number || height > largest_png_number)
        return corrupt(
            fmt::format("The PNG claims {} x {} pixels, more than its format allows", width, height));
    return ImageHeader{.format = ImageFormat::png,
                       .width = width,
                       .height = height,
                       .bits_per_sample = depth,
                       .samples = color->samples,
                       .color = color->color,
                       .progressive = interlace == 1};
}

/// Whether the CRC of the chunk of at most 768 bytes at that position doesn't fit; never of one that is cut
/// off.
bool has_wrong_checksum(ByteView bytes, std::uint64_t position, std::uint64_t length) {
    return bytes.has(position, chunk_frame + length) &&
           checksum(bytes.part(position + 4, 4 + length)) != bytes.be32(position + 8 + length);
}

/// Names the brightness of a screen of high dynamic range, which renditions don't have, by the chunk's code
/// of ITU-T H.273.
std::optional<std::string_view> unsupported_transfer(ByteView bytes, std::uint64_t position,
                                                     std::uint64_t length) {
    constexpr std::uint64_t size = 4;
    constexpr std::uint8_t pq = 16;
    constexpr std::uint8_t hlg = 18;
    if (length != size || !bytes.has(position, chunk_frame + size) ||
        has_wrong_checksum(bytes, position, size))
        return std::nullopt;
    const auto transfer = bytes.u8(position + 9);
    if (transfer == pq)
        return "a PNG of high dynamic range (PQ in cICP)";
    return transfer == hlg ? std::optional<std::string_view>{"a PNG of high dynamic range (HLG in cICP)"}
                           : std::nullopt;
}

/// Walks from IHDR to the first IDAT by the lengths of the chunks, completes the header and returns the
/// offset of the IDAT chunk's data. Checks the CRC of a palette alone: decoders do without the others.
[[nodiscard]] result<std::uint64_t> walk_to_data(ByteView bytes, ImageHeader& header) {
    Budget budget;
    bool palette_seen = false;
    for (std::uint64_t position = header_end;;) {
        if (!budget.step(8))
            return out_of_budget("PNG", "IDAT chunk");
        if (!bytes.has(position, 8))
            return truncated("PNG's first IDAT chunk", bytes, position + 8);
        const std::uint64_t length = bytes.be32(position);
        const auto name = bytes.text(position + 4, 4);
        if (!is_chunk_name(name) || length > largest_png_number)
            return corrupt("The PNG has something that is not a chunk where a chunk should begin");
        if (name == "IDAT") {
            if (header.color == ColorModel::palette && !palette_seen)
                return corrupt("The PNG has no PLTE chunk, which its colour type needs");
            return position + 8;
        }
        if (name == "PLTE") {
            if (palette_seen || length == 0 || length > 768 || length % 3 != 0)
                return corrupt("The PNG's palette (PLTE chunk) is not valid");
            if (header.color == ColorModel::palette && has_wrong_checksum(bytes, position, length))
                return corrupt("The PNG's palette (PLTE chunk) has a wrong checksum");
            palette_seen = true;
        } else if (name == "cICP") {
            if (const auto found = unsupported_transfer(bytes, position, length))
                return unsupported_encoding(*found);
        } else if (name == "acTL") {
            header.animated = header.animated || length == 8;
        } else if (name == "IEND") {
            return corrupt("The PNG ends without an IDAT chunk, so it has no picture data");
        } else if (!is_ancillary(name)) {
            return corrupt(fmt::format("The PNG has an unexpected {} chunk before its picture data", name));
        }
        position += chunk_frame + length;
    }
}

} // namespace

[[nodiscard]] result<ImageHeader> read_png(ByteView bytes) {
    auto header = read_header(bytes);
    if (!header)
        return header;
    const auto data = walk_to_data(bytes, *header);
    if (!data)
        return data.error();
    // stb_image needs only IHDR, or with a palette all chunks up to tRNS or IDAT.
    const auto needed = header->color == ColorModel::palette ? *data : header_end;
    if (needed <= stb_prefix && stb_contradicts(bytes.part(0, needed), {header->width, header->height}))
        return corrupt("The PNG's dimensions can be read in two ways");
    return header;
}

} // namespace portrait::probing
