#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace portrait::testing {

/// A zlib stream of so many zeros, a thousandth of their size.
std::vector<std::byte> zlib_zeros(std::uint64_t count);

/// The same in TIFF's LZW.
std::vector<std::byte> tiff_lzw_zeros(std::uint64_t count);

/// The same in GIF's LZW with codes for 2 colours at the least: the code size and the blocks up to their end.
std::vector<std::byte> gif_lzw_zeros(std::uint64_t count);

} // namespace portrait::testing
