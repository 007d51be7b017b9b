#pragma once

#include <portrait/digest.hpp>
#include <portrait/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace portrait::sqlite {

/// The header before a picture's bytes in a segment file. The file has it as 64 bytes, integers
/// little-endian: magic (8), format version (4), header size (4), sequence (8), length of the bytes (8),
/// digest of the bytes (16), digest of the 48 bytes before (16).
struct RecordHeader {
    std::uint64_t sequence = 0; ///< unique in the store; the blob's row has it, too
    std::uint64_t length = 0;   ///< of the picture, bytes
    Digest content;             ///< of the picture's bytes

    friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

inline constexpr std::size_t record_header_size = 64;
/// Ranges start and end at multiples of this, so that holes can be punched for them.
inline constexpr std::uint64_t range_alignment = 4096;

std::array<std::byte, record_header_size> encode(const RecordHeader& header);

/// Errors: `store_corrupt` when magic, digest or version is wrong.
[[nodiscard]] result<RecordHeader> decode(std::span<const std::byte, record_header_size> bytes);

/// The bytes that a picture of `length` bytes takes in a segment, with header and padding.
constexpr std::uint64_t range_length(std::uint64_t length) noexcept {
    return (record_header_size + length + range_alignment - 1) / range_alignment * range_alignment;
}

} // namespace portrait::sqlite
