#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_header.hpp>

#include <cstddef>
#include <span>

namespace portrait {

/// The most bytes that `probe` looks at, wherever in the file they are; its cost doesn't grow with the file.
inline constexpr std::size_t probe_byte_budget = 256ULL * 1024;
/// The most segments, chunks or directory entries that `probe` steps over before it gives up.
inline constexpr std::size_t probe_step_budget = 4096;

/// Says what a picture is by its structure, never by a declared type (contract section 2: the bytes decide).
///
/// Reads the head only, up to where the pixels begin, which has to be there: a PNG from its signature and
/// IHDR (CRC checked) to the first IDAT; a JPEG's markers through the frame header to the first scan, however
/// far behind; a GIF's logical screen to the first frame; a TIFF's first directory in either byte order.
/// Where stb_image reads dimensions from the head of a PNG, JPEG or GIF, they have to be the same; its
/// refusals don't count. No pixel is decoded and no memory is taken by what a head claims: 100,000 x 100,000
/// pixels are for `Limits` to judge.
///
/// Errors: `image_empty`; `image_unsupported_format` naming WebP, HEIC, AVIF, BMP, PDF, SVG, ICO, BigTIFF,
/// JPEG XL, JPEG 2000, JPEG-LS, Photoshop's format, and lossless or hierarchical JPEG;
/// `image_unknown_format`; `image_truncated` when the bytes end before the head does (observed: their number;
/// limit: the least number needed, as far as it can be told); `image_corrupt` when the head contradicts
/// itself or isn't found within the budgets above; `image_zero_dimension`. Thread-safe; throws nothing but
/// what exhausted memory throws when an error's message is made.
[[nodiscard]] PORTRAIT_EXPORT result<ImageHeader> probe(std::span<const std::byte> bytes);

} // namespace portrait
