#pragma once

#include <portrait/error.hpp>
#include <portrait/image_header.hpp>

#include <cstddef>
#include <span>

namespace portrait {

/// The most bytes that `probe` looks at, wherever in the file they are; its cost doesn't grow with the file.
inline constexpr std::size_t probe_byte_budget = 256 * 1024;
/// The most segments, chunks or directory entries that `probe` steps over before it gives up.
inline constexpr std::size_t probe_step_budget = 4096;

/// Says what a picture is by its structure, never by a declared type (contract section 2: the bytes decide).
///
/// Reads the head only: PNG signature and IHDR with its CRC; JPEG markers up to the frame header; GIF logical
/// screen; TIFF first directory, both byte orders (BigTIFF is refused by name). Where stb_image supports the
/// kind, its reading of the dimensions has to agree. No pixel is decoded and no memory is taken by what a
/// head claims.
///
/// Errors: `image_empty`; `image_unsupported_format` naming WebP, HEIC, AVIF, BMP, PDF, SVG, ICO or BigTIFF;
/// `image_unknown_format`; `image_truncated` when the bytes end before the head does; `image_corrupt` when
/// the head contradicts itself or isn't found within the budgets above; `image_zero_dimension`. Thread-safe;
/// throws nothing.
result<ImageHeader> probe(std::span<const std::byte> bytes);

} // namespace portrait
