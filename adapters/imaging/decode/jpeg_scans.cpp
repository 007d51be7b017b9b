#include "decode/decoding.hpp"

#include <algorithm>
#include <utility>

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

/// A Huffman table (DHT): its number, and the count of the codes of each length, which have to fit.
bool skip_sound_codes(std::span<const std::byte>& tables) {
    constexpr std::size_t lengths = 16;
    constexpr std::size_t most_codes = 256;
    if (tables.size() < 1 + lengths || (number_in(tables, 0, 1) & 0xEC) != 0)
        return false;
    std::size_t codes = 0;
    std::size_t next_code = 0;
    for (std::size_t length = 1; length <= lengths; ++length) {
        const auto count = number_in(tables, length, 1);
        codes += count;
        next_code = (next_code << 1) + count;
        if (next_code > std::size_t{1} << length)
            return false;
    }
    if (codes > most_codes || tables.size() < 1 + lengths + codes)
        return false;
    tables = tables.subspan(1 + lengths + codes);
    return true;
}

/// A quantization table (DQT).
bool skip_sound_quanta(std::span<const std::byte>& tables) {
    const auto kind = number_in(tables, 0, 1);
    const std::size_t size = 1 + std::size_t{64} * (kind >> 4 != 0 ? 2 : 1);
    if ((kind & 15) > 3 || tables.size() < size)
        return false;
    tables = tables.subspan(size);
    return true;
}

/// A scan header (SOS) with the components of the frame, and of a progressive frame with limits that libjpeg
/// accepts.
bool is_sound_scan(std::span<const std::byte> scan, std::span<const std::byte> frame, bool progressive) {
    const auto components = scan.empty() ? 0 : number_in(scan, 0, 1);
    if (components < 1 || components > 4 || scan.size() != 4 + 2 * components)
        return false;
    for (std::size_t at = 1; at <= 2 * components; at += 2) {
        bool found = false;
        for (std::size_t entry = 6; entry + 3 <= frame.size(); entry += 3)
            found = found || frame[entry] == scan[at];
        if (!found || (number_in(scan, at + 1, 1) & 0xCC) != 0)
            return false;
    }
    if (!progressive)
        return true;
    const auto first = number_in(scan, 1 + 2 * components, 1);
    const auto last = number_in(scan, 2 + 2 * components, 1);
    const auto high = number_in(scan, 3 + 2 * components, 1) >> 4;
    const auto low = number_in(scan, 3 + 2 * components, 1) & 15;
    const bool band = first == 0 ? last == 0 : last >= first && last < 64 && components == 1;
    return band && low <= 13 && (high == 0 || low + 1 == high);
}

/// Whether libjpeg goes on behind the segment.
bool is_sound(std::size_t marker, std::span<const std::byte> content, std::span<const std::byte> frame,
              bool progressive) {
    constexpr std::size_t dht = 0xC4;
    constexpr std::size_t dac = 0xCC;
    constexpr std::size_t sos = 0xDA;
    constexpr std::size_t dqt = 0xDB;
    constexpr std::size_t dri = 0xDD;
    if (marker == sos)
        return is_sound_scan(content, frame, progressive);
    if (marker == dht || marker == dqt) {
        bool sound = true;
        while (sound && !content.empty())
            sound = marker == dht ? skip_sound_codes(content) : skip_sound_quanta(content);
        return sound;
    }
    const bool skipped = marker == dac || (marker >= 0xDC && marker < 0xF0) || marker == 0xFE;
    return marker == dri ? content.size() == 2 : skipped;
}

} // namespace

JpegScans jpeg_scans(std::span<const std::byte> bytes) {
    JpegScans found;
    const auto whole = bytes.size();
    std::span<const std::byte> frame;
    std::size_t components = 0;
    bool progressive = false;
    bool in_parts = false; // progressive, or some scan has not all components
    bytes = bytes.subspan(std::min<std::size_t>(2, bytes.size())); // behind SOI
    while (skip_to_marker(bytes)) {
        const auto begin = whole - bytes.size();
        const auto marker = number_in(bytes, 1, 1);
        bytes = bytes.subspan(marker == 0xFF ? 1 : 2); // a fill byte may be the first of a marker
        if (marker == 0xD9)                            // EOI
            break;
        if (stands_alone(marker))
            continue;
        const auto length = bytes.size() >= 2 ? number_in(bytes, 0, 2) : 0;
        const bool complete = length >= 2 && length <= bytes.size();
        if (found.scans != 0 &&
            (!complete || !is_sound(marker, bytes.subspan(2, length - 2), frame, progressive))) {
            found.damaged_at = begin;
            break;
        }
        if (!complete)
            break;
        const auto content = bytes.subspan(2, length - 2);
        bytes = bytes.subspan(length);
        if (is_frame_header(marker) && content.size() >= 6 && components == 0) {
            progressive = marker == 0xC2 || marker == 0xCA;
            in_parts = progressive;
            components = number_in(content, 5, 1);
            frame = content;
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

std::optional<ImageBytes> without_damaged_end(const ImageBytes& jpeg) {
    const auto damaged_at = jpeg_scans(jpeg.view()).damaged_at;
    if (!damaged_at)
        return std::nullopt;
    const auto sound = jpeg.view().first(*damaged_at);
    std::vector<std::byte> bytes{sound.begin(), sound.end()};
    bytes.insert(bytes.end(), {std::byte{0xFF}, std::byte{0xD9}}); // EOI
    return ImageBytes{std::move(bytes)};
}

} // namespace portrait::imaging
