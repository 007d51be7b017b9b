#pragma once

#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Valid pictures made in memory, with real compressed pixels if the format has any, different for each
/// `seed`:
///
/// ```cpp
/// service.save(person_id, portrait::ImageBytes{portrait::testing::make_jpeg(640, 480, 1)});
/// ```
namespace portrait::testing {

/// A true-colour PNG (stored deflate blocks). `seed` changes pixels, not size.
PORTRAIT_EXPORT std::vector<std::byte> make_png(std::uint32_t width = 3, std::uint32_t height = 2,
                                                std::uint32_t seed = 0);
/// A baseline grey JPEG whose blocks are flat. `seed` changes the blocks' greys, and so the size a little.
PORTRAIT_EXPORT std::vector<std::byte> make_jpeg(std::uint16_t width = 8, std::uint16_t height = 8,
                                                 std::uint32_t seed = 0);
/// A GIF89a of one frame. `seed` changes pixels, not size.
PORTRAIT_EXPORT std::vector<std::byte> make_gif(std::uint16_t width = 2, std::uint16_t height = 2,
                                                std::uint32_t seed = 0);
/// An uncompressed grey TIFF in either byte order. `seed` changes pixels, not size.
PORTRAIT_EXPORT std::vector<std::byte> make_tiff(std::uint32_t width = 4, std::uint32_t height = 3,
                                                 bool big_endian = false, std::uint32_t seed = 0);

/// A JPEG of exactly `bytes` bytes (at least 400), with comment segments filled from `seed` before the frame
/// header. 5 MiB take about a millisecond.
PORTRAIT_EXPORT std::vector<std::byte> make_jpeg_of_size(std::size_t bytes, std::uint32_t seed = 0);

/// A PNG whose head claims these dimensions and whose only IDAT chunk holds no pixels; its CRCs are right.
PORTRAIT_EXPORT std::vector<std::byte> make_png_claiming(std::uint32_t width, std::uint32_t height);

/// One PNG chunk: length, name, data and CRC.
PORTRAIT_EXPORT std::vector<std::byte> make_png_chunk(std::string_view name,
                                                      std::span<const std::byte> data = {});

} // namespace portrait::testing
