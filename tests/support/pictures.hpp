#pragma once

#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

/// Pictures made in memory: whole, valid files with real compressed pixels where the format has any, small to
/// build and different for every `seed`.
namespace portrait::testing {

/// A true-colour PNG (stored deflate blocks). `seed` changes pixels, not size.
std::vector<std::byte> make_png(std::uint32_t width = 3, std::uint32_t height = 2, std::uint32_t seed = 0);
/// A baseline grey JPEG.
std::vector<std::byte> make_jpeg(std::uint16_t width = 8, std::uint16_t height = 8, std::uint32_t seed = 0);
/// A GIF89a of one frame.
std::vector<std::byte> make_gif(std::uint16_t width = 2, std::uint16_t height = 2, std::uint32_t seed = 0);
/// An uncompressed grey TIFF in either byte order.
std::vector<std::byte> make_tiff(std::uint32_t width = 4, std::uint32_t height = 3, bool big_endian = false,
                                 std::uint32_t seed = 0);

/// A valid JPEG of about `bytes` bytes: comment segments filled from `seed` stand before the frame header. For
/// tests about sizes.
std::vector<std::byte> make_jpeg_of_size(std::size_t bytes, std::uint32_t seed = 0);

/// A PNG whose head (CRC right) claims these dimensions and whose body is missing.
std::vector<std::byte> make_png_claiming(std::uint32_t width, std::uint32_t height);

/// CRC-32 as PNG uses it.
std::uint32_t crc32(const std::byte* bytes, std::size_t size);

} // namespace portrait::testing
