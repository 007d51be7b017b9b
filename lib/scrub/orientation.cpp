#include "scrubbers.hpp"

#include <bit>

namespace portrait::scrubbing {
namespace {

constexpr std::uint16_t orientation_tag = 0x0112;
constexpr std::uint16_t short_type = 3;
constexpr std::uint64_t entry_size = 12;

} // namespace

std::optional<std::uint8_t> orientation_in(probing::ByteView bytes) {
    const bool little = bytes.matches(0, {"II*\0", 4});
    if (!little && !bytes.matches(0, {"MM\0*", 4}))
        return std::nullopt;
    const auto u16 = [&](std::uint64_t at) { return little ? bytes.le16(at) : bytes.be16(at); };
    const auto u32 = [&](std::uint64_t at) { return little ? bytes.le32(at) : bytes.be32(at); };
    if (!bytes.has(4, 4))
        return std::nullopt;
    const std::uint64_t directory = u32(4);
    if (!bytes.has(directory, 2))
        return std::nullopt;
    const auto entries = u16(directory);
    for (std::uint64_t index = 0, at = directory + 2; index < entries && bytes.has(at, entry_size);
         ++index, at += entry_size) {
        if (u16(at) != orientation_tag)
            continue;
        const auto value = u16(at + 8);
        if (u16(at + 2) != short_type || u32(at + 4) != 1 || value < 2 || value > 8)
            return std::nullopt;
        return static_cast<std::uint8_t>(value);
    }
    return std::nullopt;
}

std::array<std::byte, 26> orientation_block(std::uint8_t orientation) {
    constexpr std::array<std::uint8_t, 26> block{'M', 'M',  0, 42, 0, 0, 0, 8, // header
                                                 0,   1,                       // one entry
                                                 1,   0x12, 0, 3,  0, 0, 0, 1, // Orientation, one SHORT
                                                 0,   0,    0, 0,              // its value
                                                 0,   0,    0, 0};             // no further directory
    auto bytes = std::bit_cast<std::array<std::byte, 26>>(block);
    bytes[19] = std::byte{orientation};
    return bytes;
}

} // namespace portrait::scrubbing
