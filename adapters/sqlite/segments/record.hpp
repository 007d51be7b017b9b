#pragma once

#include <portrait/digest.hpp>
#include <portrait/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace portrait::sqlite {

/// What stands before a picture's bytes in a segment file. Little-endian, 64 bytes: magic (8), format version
/// (4), header size (4), sequence (8), length of the bytes (8), digest of the bytes (16), digest of all
/// before (16).
struct RecordHeader {
    std::uint64_t sequence = 0; ///< unique in the store: names the record that a row means
    std::uint64_t length = 0;   ///< of the picture, bytes
    Digest content;             ///< of the picture; the header's own digest covers it

    friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

inline constexpr std::size_t record_header_size = 64;
/// Ranges start at and extend to multiples of this, so that they can be punched out of the file.
inline constexpr std::uint64_t range_alignment = 4096;

std::array<std::byte, record_header_size> encode(const RecordHeader& header);

/// Fails with `store_corrupt` when the magic, the version or the digest isn't right.
[[nodiscard]] result<RecordHeader> decode(std::span<const std::byte, record_header_size> bytes);

/// The bytes that a picture of `length` takes in a segment, header and padding included.
constexpr std::uint64_t range_length(std::uint64_t length) noexcept {
    return (record_header_size + length + range_alignment - 1) / range_alignment * range_alignment;
}

} // namespace portrait::sqlite
