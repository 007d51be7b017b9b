#pragma once

#include <boost/crc.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace portrait::probing {

inline constexpr std::uint64_t chunk_frame = 12; // length, name and CRC
inline constexpr std::uint32_t largest_png_number = 0x7fff'ffff;

/// Whether the text can be a chunk's name.
inline bool is_chunk_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

/// Whether decoders may ignore the chunk.
inline bool is_ancillary(std::string_view name) {
    return name.front() >= 'a';
}

/// PNG's CRC-32.
inline std::uint32_t checksum(std::span<const std::byte> bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

} // namespace portrait::probing
