#pragma once

#include <portrait/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Pictures that harm their decoder, for tests of code that decodes uploads. They are made in memory, with
/// equal bytes every time, and none is larger than 9 MiB: only decoding does harm.
namespace portrait::testing {

/// The hostile pictures, by the kind of harm.
enum class HostilePicture : std::uint8_t {
    png_claim,               ///< 100 bytes that claim 30,000 × 30,000 pixels and hold none
    png_bomb,                ///< 30,000 × 30,000 grey pixels, all there, of less than 1 MiB
    png_bomb_in_limits,      ///< 10,000 × 10,000 grey pixels, all there, of about 100 KiB
    png_profile_bomb,        ///< 8 × 8; its colour profile unpacks to 900 MB
    png_text_bomb,           ///< 8 × 8; a text in it unpacks to 900 MB
    png_many_chunks,         ///< 8 × 8, and 400,000 texts
    gif_many_frames,         ///< 10,000 frames of one pixel
    gif_large_frames,        ///< 900 frames on a canvas of 5,000 × 5,000, in about 30 KiB
    gif_bomb,                ///< a frame of 10,000 × 10,000, in about 100 KiB
    tiff_overlapping_strips, ///< 10,000 × 10,000 grey pixels: every row is the same 10,000 bytes of the file
    tiff_lzw_bomb,           ///< 10,000 × 10,000 grey pixels in one strip, of about 80 KiB
    tiff_deflate_bomb,       ///< 9,999 × 9,999 colour pixels in one strip, of about 300 KiB
    tiff_many_pages,         ///< 30,000 pages of one pixel
    tiff_endless_pages,      ///< the first page is followed by itself
    tiff_far_strips,         ///< the rows lie beyond the end of the file
    tiff_tall_tiles,         ///< 60,000 × 1 pixel in tiles of 16 × 65,536, none of them there
    tiff_wide_claim,         ///< 9,000 × 9,000 pixels of 64 samples in one strip, none of them there
    jpeg_many_scans,         ///< 4,000 × 3,000, progressive, in 10,000 scans of about 300 KiB
    jpeg_claim,              ///< 65,000 × 65,000, with a single block
    jpeg_much_metadata,      ///< 8 × 8 behind 8 MiB of comments
    jpeg_profile_parts,      ///< 8 × 8; of 255 parts of a colour profile all but the last are there, 8 MiB
};

/// All of them, in the order of the enumerators.
inline constexpr auto all_hostile_pictures = [] {
    std::array<HostilePicture, static_cast<std::size_t>(HostilePicture::jpeg_profile_parts) + 1> all{};
    for (std::size_t index = 0; index < all.size(); ++index)
        all[index] = static_cast<HostilePicture>(index);
    return all;
}();

/// Such as `png_bomb`.
PORTRAIT_EXPORT std::string_view name_of(HostilePicture picture) noexcept;

/// Makes the picture, in a few milliseconds.
PORTRAIT_EXPORT std::vector<std::byte> make_hostile_picture(HostilePicture picture);

/// The first `part` / 64 of a picture's bytes; `part` is at most 64.
PORTRAIT_EXPORT std::vector<std::byte> make_cut_off(std::span<const std::byte> picture, unsigned part);

/// The picture with one to four bits flipped, chosen by `seed`.
PORTRAIT_EXPORT std::vector<std::byte> make_damaged(std::span<const std::byte> picture, std::uint32_t seed);

} // namespace portrait::testing
