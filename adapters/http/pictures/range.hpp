#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// Answer with everything: 200.
struct WholeRange {
    friend bool operator==(WholeRange, WholeRange) = default;
};

/// Answer with a part: 206.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0; ///< at least 1; first + length is at most the size

    friend bool operator==(ByteRange, ByteRange) = default;
};

/// The range lies outside: 416.
struct UnsatisfiableRange {
    friend bool operator==(UnsatisfiableRange, UnsatisfiableRange) = default;
};

using SelectedRange = std::variant<WholeRange, ByteRange, UnsatisfiableRange>;

/// Applies a Range value (null: none was sent) to `size` bytes. Honours one range of bytes; ignores malformed
/// values, other units and sets of ranges, as RFC 9110 section 14.2 allows.
SelectedRange select_range(const std::string_view* value, std::uint64_t size);

/// The Content-Range of a 206: `bytes 0-99/1234`.
std::string content_range(ByteRange range, std::uint64_t size);
/// The Content-Range of a 416: `bytes */1234`.
std::string unsatisfied_content_range(std::uint64_t size);

} // namespace portrait::http
