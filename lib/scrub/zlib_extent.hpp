#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace portrait::scrubbing {

/// A zlib stream as its decoder reads it.
struct ZlibExtent {
    enum class State : std::uint8_t {
        whole,
        cut_off,   ///< the bytes end before the stream
        damaged,   ///< decoders stop at `bytes`
        too_large, ///< the output exceeds its limit, or a block has tables and no output
    };

    State state = State::damaged;
    std::uint64_t bytes = 0;           ///< up to the stream's end, checksum included
    std::uint64_t output = 0;          ///< decompressed bytes
    std::array<std::byte, 128> head{}; ///< the first decompressed bytes
};

/// Finds the end of a zlib stream (RFC 1950 and 1951) in the joined pieces. Decodes the lengths of its output
/// without the output itself, so the time depends on the input's size alone. Doesn't verify the checksum.
ZlibExtent zlib_extent(std::span<const std::span<const std::byte>> pieces, std::uint64_t most_output);

} // namespace portrait::scrubbing
