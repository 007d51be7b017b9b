#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A part of a picture, for a 206; without a length the range lies outside of the picture: 416.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0; ///< first + length is at most the size

    friend bool operator==(ByteRange, ByteRange) = default;
};

/// Applies a Range value (null: none was sent) to `size` bytes; absent: everything, for a 200. Honours one
/// range of bytes; ignores malformed values, other units and sets of ranges, as RFC 9110 section 14.2 allows.
std::optional<ByteRange> select_range(const std::string_view* value, std::uint64_t size);

/// The Content-Range of a 206 or 416: `bytes 0-99/1234` or `bytes */1234`.
std::string content_range(ByteRange range, std::uint64_t size);

} // namespace portrait::http
