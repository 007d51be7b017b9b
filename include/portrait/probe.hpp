#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_header.hpp>

#include <cstddef>
#include <span>

namespace portrait {

/// The most bytes that `probe` reads, anywhere in the file; its cost doesn't grow with the file.
inline constexpr std::size_t probe_byte_budget = 256ULL * 1024;
/// The most segments, chunks or directory entries that `probe` skips.
inline constexpr std::size_t probe_step_budget = 4096;

/// Reads the head of a picture, by its structure and never by a declared type (contract section 2: the bytes
/// decide).
///
/// ```cpp
/// const result<ImageHeader> header = portrait::probe(photo);
/// if (header && header->format == ImageFormat::jpeg)
///     std::cout << header->width << " x " << header->height;
/// ```
///
/// The head has to be complete up to the first pixels: a PNG from its signature and
/// IHDR (CRC checked) to the first IDAT; a JPEG's markers through the frame header to the first scan, however
/// far behind; a GIF's logical screen to the first frame; a TIFF's first directory in either byte order.
/// If stb_image reads dimensions from the head of a PNG, JPEG or GIF, they have to be equal; its refusals
/// don't count. No pixel is decoded, and the memory doesn't depend on the head: `Limits` judges 100,000 x
/// 100,000 pixels.
///
/// Errors: `image_empty`; `image_unsupported_format` naming WebP, HEIC, AVIF, BMP, PDF, SVG, ICO, BigTIFF,
/// JPEG XL, JPEG 2000, JPEG-LS, Photoshop's format, and lossless or hierarchical JPEG;
/// `image_unknown_format`; `image_truncated` when the bytes end before the head does (observed: their number;
/// limit: the known minimum); `image_corrupt` when the head contradicts itself or isn't found within the
/// budgets above; `image_zero_dimension`. Thread-safe; throws only `std::bad_alloc`, while it makes an
/// error's message.
[[nodiscard]] PORTRAIT_EXPORT result<ImageHeader> probe(std::span<const std::byte> bytes);

} // namespace portrait
