#include "decode/decoding.hpp"

#include <algorithm>

namespace portrait::imaging {
namespace {

constexpr std::uint64_t block_side = 8;
constexpr std::uint64_t bytes_a_block = block_side * block_side * 2;

std::size_t number_in(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
    std::size_t value = 0;
    for (const auto byte : bytes.subspan(at, size))
        value = value << 8 | std::to_integer<std::size_t>(byte);
    return value;
}

bool stands_alone(std::size_t marker) {
    return marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8) || marker == 0xFF;
}

bool is_frame_header(std::size_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/// Removes the bytes before the next marker, compressed data among them; false when there is no marker.
bool skip_to_marker(std::span<const std::byte>& bytes) {
    const auto* const found = std::find(bytes.data(), bytes.data() + bytes.size(), std::byte{0xFF});
    bytes = bytes.subspan(static_cast<std::size_t>(found - bytes.data()));
    return bytes.size() >= 2;
}

/// The bytes of all coefficients, for the frame header of so many components.
std::uint64_t coefficient_bytes(std::span<const std::byte> frame, std::size_t components) {
    std::uint64_t most_across = 1;
    std::uint64_t most_down = 1;
    std::uint64_t blocks_a_unit = 0;
    for (std::size_t at = 6; at + 3 <= frame.size() && at < 6 + components * 3; at += 3) {
        const std::uint64_t across = number_in(frame, at + 1, 1) >> 4;
        const std::uint64_t down = number_in(frame, at + 1, 1) & 15;
        most_across = std::max(most_across, across);
        most_down = std::max(most_down, down);
        blocks_a_unit += across * down;
    }
    const auto units_across = number_in(frame, 3, 2) / (block_side * most_across) + 1;
    const auto units_down = number_in(frame, 1, 2) / (block_side * most_down) + 1;
    return units_across * units_down * blocks_a_unit * bytes_a_block;
}

} // namespace

JpegScans jpeg_scans(std::span<const std::byte> bytes) {
    JpegScans found;
    std::size_t components = 0;
    bool in_parts = false; // progressive, or some scan has not all components
    bytes = bytes.subspan(std::min<std::size_t>(2, bytes.size())); // behind SOI
    while (skip_to_marker(bytes)) {
        const auto marker = number_in(bytes, 1, 1);
        bytes = bytes.subspan(marker == 0xFF ? 1 : 2); // a fill byte may be the first of a marker
        if (marker == 0xD9)                            // EOI
            break;
        if (stands_alone(marker))
            continue;
        const auto length = bytes.size() >= 2 ? number_in(bytes, 0, 2) : 0;
        if (length < 2 || length > bytes.size())
            break;
        const auto content = bytes.subspan(2, length - 2);
        bytes = bytes.subspan(length);
        if (is_frame_header(marker) && content.size() >= 6 && components == 0) {
            in_parts = marker == 0xC2 || marker == 0xCA;
            components = number_in(content, 5, 1);
            found.coefficient_bytes = coefficient_bytes(content, components);
        } else if (marker == 0xDA && !content.empty()) {
            ++found.scans;
            in_parts = in_parts || number_in(content, 0, 1) < components;
        }
    }
    if (found.scans <= 1 && !in_parts)
        found.coefficient_bytes = 0;
    return found;
}

} // namespace portrait::imaging
