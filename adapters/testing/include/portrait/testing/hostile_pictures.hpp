#pragma once

#include <portrait/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Pictures made to harm whoever decodes them, for tests of what takes pictures from strangers. They are made
/// in memory, the same bytes every time, and none is larger than 9 MiB: harm is done by decoding alone.
namespace portrait::testing {

/// What can be made.
/// What each is, and how it means to harm.
enum class HostilePicture : std::uint8_t {
    png_claim,               ///< 100 bytes that claim 30,000 × 30,000 pixels and hold none
    png_bomb,                ///< 30,000 × 30,000 grey pixels, all there, of less than 1 MiB
    png_bomb_in_limits,      ///< 10,000 × 10,000 grey pixels, all there, of about 100 KiB
    png_profile_bomb,        ///< 8 × 8; its colour profile is of 900 MB, packed
    png_text_bomb,           ///< 8 × 8; a text in it is of 900 MB, packed
    png_many_chunks,         ///< 8 × 8, and 400,000 texts
    gif_many_frames,         ///< 10,000 frames of one pixel
    gif_large_frames,        ///< 900 frames on a canvas of 5,000 × 5,000, in about 30 KiB
    gif_bomb,                ///< a frame of 10,000 × 10,000, in about 100 KiB
    tiff_overlapping_strips, ///< 10,000 × 10,000 grey pixels: every row is the same 10,000 bytes of the file
    tiff_lzw_bomb,           ///< 10,000 × 10,000 grey pixels in one strip, of about 80 KiB
    tiff_deflate_bomb,       ///< 9,999 × 9,999 colour pixels in one strip, of about 300 KiB
    tiff_many_pages,         ///< 30,000 pages of one pixel
    tiff_endless_pages,      ///< the page behind the first is the first
    tiff_far_strips,         ///< the rows are said to lie beyond the end of the file
    jpeg_many_scans,         ///< 4,000 × 3,000, progressive, in 10,000 scans of about 300 KiB
    jpeg_claim,              ///< 65,000 × 65,000, of which a single block is there
    jpeg_much_metadata,      ///< 8 × 8 behind 8 MiB of comments
    jpeg_profile_parts,      ///< 8 × 8; of 255 parts of a colour profile all but the last are there, 8 MiB
};

/// In the order of the enumerators.
/// Every one of them once, in the order of the enumeration.
inline constexpr std::array all_hostile_pictures{
    HostilePicture::png_claim,          HostilePicture::png_bomb,
    HostilePicture::png_bomb_in_limits, HostilePicture::png_profile_bomb,
    HostilePicture::png_text_bomb,      HostilePicture::png_many_chunks,
    HostilePicture::gif_many_frames,    HostilePicture::gif_large_frames,
    HostilePicture::gif_bomb,           HostilePicture::tiff_overlapping_strips,
    HostilePicture::tiff_lzw_bomb,      HostilePicture::tiff_deflate_bomb,
    HostilePicture::tiff_many_pages,    HostilePicture::tiff_endless_pages,
    HostilePicture::tiff_far_strips,    HostilePicture::jpeg_many_scans,
    HostilePicture::jpeg_claim,         HostilePicture::jpeg_much_metadata,
    HostilePicture::jpeg_profile_parts,
};

/// Such as `png_bomb`.
PORTRAIT_EXPORT std::string_view name_of(HostilePicture picture) noexcept;

/// Takes a few milliseconds.
PORTRAIT_EXPORT std::vector<std::byte> make_hostile_picture(HostilePicture picture);

/// The first `part` of 64 of a picture's bytes; `part` is at most 64.
PORTRAIT_EXPORT std::vector<std::byte> make_cut_off(std::span<const std::byte> picture, unsigned part);

/// The picture with one to four bits flipped; which ones, `seed` decides.
PORTRAIT_EXPORT std::vector<std::byte> make_damaged(std::span<const std::byte> picture, std::uint32_t seed);

} // namespace portrait::testing
