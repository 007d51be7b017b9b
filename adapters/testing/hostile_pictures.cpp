#include <portrait/testing/hostile_pictures.hpp>

#include "packed_zeros.hpp"

#include <portrait/testing/byte_writer.hpp>
#include <portrait/testing/pictures.hpp>

#include <algorithm>
#include <utility>

namespace portrait::testing {

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t packed_size = 900'000'000;

// PNG

Bytes png(std::uint32_t width, std::uint32_t height, const Bytes& before_pixels, const Bytes& pixels) {
    ByteWriter header;
    header.be32(width).be32(height).u8(8).u8(0).u8(0).u8(0).u8(0); // 8 bits of grey
    ByteWriter out;
    out.text({"\x89PNG\r\n\x1a\n", 8}).bytes(make_png_chunk("IHDR", header.view())).bytes(before_pixels);
    return out.bytes(make_png_chunk("IDAT", pixels)).bytes(make_png_chunk("IEND")).take();
}

Bytes grey_png(std::uint32_t width, std::uint32_t height, const Bytes& before_pixels = {}) {
    return png(width, height, before_pixels, zlib_zeros(std::uint64_t{width + 1} * height));
}

/// A chunk of a name, a method and what is packed.
Bytes packed_chunk(std::string_view type, std::string_view name) {
    ByteWriter content;
    content.text(name).u8(0).u8(0).bytes(zlib_zeros(packed_size));
    return make_png_chunk(type, content.view());
}

Bytes png_of_many_chunks() {
    constexpr int chunks = 400'000;
    const auto chunk = make_png_chunk("tEXt", ByteWriter{}.text("a").u8(0).text("b").view());
    ByteWriter texts;
    for (int count = 0; count < chunks; ++count)
        texts.bytes(chunk);
    return grey_png(8, 8, texts.view());
}

// GIF

ByteWriter gif_head(std::uint16_t width, std::uint16_t height) {
    ByteWriter out;
    out.text("GIF89a").le16(width).le16(height).u8(0x81).u8(0).u8(0); // 4 colours
    return out.bytes(std::array<std::byte, 12>{});
}

void gif_frame(ByteWriter& out, std::uint16_t width, std::uint16_t height, const Bytes& pixels) {
    out.u8(0x2c).le16(0).le16(0).le16(width).le16(height).u8(0).bytes(pixels);
}

Bytes gif_of_frames(std::uint16_t width, std::uint16_t height, int frames) {
    auto out = gif_head(width, height);
    const auto pixel = gif_lzw_zeros(1);
    for (int frame = 0; frame < frames; ++frame)
        gif_frame(out, 1, 1, pixel);
    return out.u8(0x3b).take();
}

Bytes large_gif(std::uint16_t side) {
    auto out = gif_head(side, side);
    gif_frame(out, side, side, gif_lzw_zeros(std::uint64_t{side} * side));
    return out.u8(0x3b).take();
}

// TIFF

struct TiffField {
    std::uint16_t tag;
    std::uint32_t count;
    std::uint32_t value; ///< of type LONG, or where the values lie
};

constexpr std::uint32_t size_of_directory(std::size_t fields) {
    return static_cast<std::uint32_t>(2 + fields * 12 + 4);
}

void write_directory(ByteWriter& out, std::span<const TiffField> fields, std::uint32_t next) {
    out.le16(fields.size());
    for (const auto& [tag, count, value] : fields)
        out.le16(tag).le16(4).le32(count).le32(value);
    out.le32(next);
}

ByteWriter tiff_head() {
    ByteWriter out;
    return out.text("II").le16(42).le32(8);
}

enum TiffCompression : std::uint32_t { none = 1, lzw = 5, deflate = 8 };

/// Samples of 8 bits in one strip.
Bytes tiff_of_strip(std::uint32_t side, std::uint32_t samples, TiffCompression compression,
                    const Bytes& strip) {
    constexpr std::size_t fields = 10;
    auto pixels_at = 8 + size_of_directory(fields);
    const auto bits_at = pixels_at;
    if (samples > 1)
        pixels_at += samples * 4;
    const std::array<TiffField, fields> directory{{
        {256, 1, side},
        {257, 1, side},
        {258, samples, samples > 1 ? bits_at : 8},
        {259, 1, compression},
        {262, 1, samples > 1 ? 2U : 1U},
        {273, 1, pixels_at},
        {277, 1, samples},
        {278, 1, side},
        {279, 1, static_cast<std::uint32_t>(strip.size())},
        {284, 1, 1},
    }};
    auto out = tiff_head();
    write_directory(out, directory, 0);
    for (std::uint32_t sample = 0; samples > 1 && sample < samples; ++sample)
        out.le32(8);
    return out.bytes(strip).take();
}

/// A strip a row; where each lies is for the caller to say.
template<class Place>
Bytes tiff_of_rows(std::uint32_t side, const Place& place_after) {
    constexpr std::size_t fields = 9;
    const auto offsets_at = 8 + size_of_directory(fields);
    const auto counts_at = offsets_at + side * 4;
    const auto end = counts_at + side * 4;
    const std::array<TiffField, fields> directory{{
        {256, 1, side},
        {257, 1, side},
        {258, 1, 8},
        {259, 1, none},
        {262, 1, 1},
        {273, side, offsets_at},
        {277, 1, 1},
        {278, 1, 1},
        {279, side, counts_at},
    }};
    auto out = tiff_head();
    write_directory(out, directory, 0);
    for (std::uint32_t row = 0; row < side; ++row)
        out.le32(place_after(end, row));
    for (std::uint32_t row = 0; row < side; ++row)
        out.le32(side);
    for (std::uint32_t column = 0; column < side; ++column)
        out.u8(column / 40);
    return out.take();
}

/// Pages of one pixel; `loops`: the last one's next is the first.
Bytes tiff_of_pages(std::uint32_t pages, bool loops) {
    constexpr std::size_t fields = 9;
    constexpr auto page_size = size_of_directory(fields);
    auto out = tiff_head();
    for (std::uint32_t page = 0; page < pages; ++page) {
        const std::array<TiffField, fields> directory{{
            {256, 1, 1},
            {257, 1, 1},
            {258, 1, 8},
            {259, 1, none},
            {262, 1, 1},
            {273, 1, 4}, // any byte will do
            {277, 1, 1},
            {278, 1, 1},
            {279, 1, 1},
        }};
        const auto behind = 8 + (page + 1) * page_size;
        write_directory(out, directory, page + 1 < pages ? behind : loops ? 8 : 0);
    }
    return out.take();
}

// JPEG

ByteWriter& jpeg_frame(ByteWriter& out, std::uint16_t marker, std::uint16_t width, std::uint16_t height) {
    out.be16(0xffdb).be16(67).u8(0).fill(64, 8);
    out.be16(marker).be16(11).u8(8).be16(height).be16(width).u8(1).u8(1).u8(0x11).u8(0);
    // One code each, a zero bit: "the same grey as before", and "nothing in the next 16,384 blocks and more".
    out.be16(0xffc4).be16(20).u8(0x00).u8(1).fill(15).u8(0x00);
    return out.be16(0xffc4).be16(20).u8(0x10).u8(1).fill(15).u8(0xe0);
}

Bytes jpeg_of_scans(std::uint16_t width, std::uint16_t height, int scans) {
    const auto blocks = std::size_t{(width + 7U) / 8U} * ((height + 7U) / 8U);
    ByteWriter out;
    out.be16(0xffd8);
    jpeg_frame(out, 0xffc2, width, height);
    out.be16(0xffda).be16(8).u8(1).u8(1).u8(0x00).u8(0).u8(0).u8(0).fill(blocks / 8 + 1);
    ByteWriter scan;
    scan.be16(0xffda).be16(8).u8(1).u8(1).u8(0x00).u8(1).u8(63).u8(0);
    scan.fill((blocks / 16384 + 1) * 15 / 8 + 1);
    for (int count = 1; count < scans; ++count)
        out.bytes(scan.view());
    return out.be16(0xffd9).take();
}

Bytes jpeg_claim() {
    ByteWriter out;
    out.be16(0xffd8);
    jpeg_frame(out, 0xffc0, 65'000, 65'000);
    return out.be16(0xffda).be16(8).u8(1).u8(1).u8(0x00).u8(0).u8(63).u8(0).u8(0).be16(0xffd9).take();
}

Bytes jpeg_of_profile_parts() {
    constexpr int parts = 255;
    constexpr std::size_t part_size = 32'000;
    ByteWriter out;
    out.be16(0xffd8);
    for (int part = 1; part < parts; ++part)
        out.be16(0xffe2)
            .be16(2 + 14 + part_size)
            .text({"ICC_PROFILE\0", 12})
            .u8(static_cast<std::uint64_t>(part))
            .u8(parts)
            .fill(part_size, 0x20);
    const auto picture = make_jpeg(8, 8);
    return out.bytes(std::span{picture}.subspan(2)).take();
}

struct Named {
    HostilePicture picture;
    std::string_view name;
    Bytes (*make)();
};

constexpr std::array<Named, all_hostile_pictures.size()> table{{
    {HostilePicture::png_claim, "png_claim", [] { return make_png_claiming(30'000, 30'000); }},
    {HostilePicture::png_bomb, "png_bomb", [] { return grey_png(30'000, 30'000); }},
    {HostilePicture::png_bomb_in_limits, "png_bomb_in_limits", [] { return grey_png(10'000, 10'000); }},
    {HostilePicture::png_profile_bomb, "png_profile_bomb",
     [] { return grey_png(8, 8, packed_chunk("iCCP", "profile")); }},
    {HostilePicture::png_text_bomb, "png_text_bomb",
     [] { return grey_png(8, 8, packed_chunk("zTXt", "text")); }},
    {HostilePicture::png_many_chunks, "png_many_chunks", &png_of_many_chunks},
    {HostilePicture::gif_many_frames, "gif_many_frames", [] { return gif_of_frames(1, 1, 10'000); }},
    {HostilePicture::gif_large_frames, "gif_large_frames", [] { return gif_of_frames(5'000, 5'000, 900); }},
    {HostilePicture::gif_bomb, "gif_bomb", [] { return large_gif(10'000); }},
    {HostilePicture::tiff_overlapping_strips, "tiff_overlapping_strips",
     [] { return tiff_of_rows(10'000, [](std::uint32_t end, std::uint32_t) { return end; }); }},
    {HostilePicture::tiff_lzw_bomb, "tiff_lzw_bomb",
     [] { return tiff_of_strip(10'000, 1, lzw, tiff_lzw_zeros(100'000'000)); }},
    {HostilePicture::tiff_deflate_bomb, "tiff_deflate_bomb",
     [] { return tiff_of_strip(9'999, 3, deflate, zlib_zeros(std::uint64_t{9'999} * 9'999 * 3)); }},
    {HostilePicture::tiff_many_pages, "tiff_many_pages", [] { return tiff_of_pages(30'000, false); }},
    {HostilePicture::tiff_endless_pages, "tiff_endless_pages", [] { return tiff_of_pages(1, true); }},
    {HostilePicture::tiff_far_strips, "tiff_far_strips",
     [] { return tiff_of_rows(1'000, [](std::uint32_t, std::uint32_t row) { return 0xF000'0000 + row; }); }},
    {HostilePicture::jpeg_many_scans, "jpeg_many_scans", [] { return jpeg_of_scans(4'000, 3'000, 10'000); }},
    {HostilePicture::jpeg_claim, "jpeg_claim", &jpeg_claim},
    {HostilePicture::jpeg_much_metadata, "jpeg_much_metadata", [] { return make_jpeg_of_size(8U << 20); }},
    {HostilePicture::jpeg_profile_parts, "jpeg_profile_parts", &jpeg_of_profile_parts},
}};

const Named& entry_of(HostilePicture picture) noexcept {
    return *std::find_if(table.begin(), table.end(),
                         [picture](const Named& named) { return named.picture == picture; });
}

/// Mixes a number so that consecutive ones have nothing in common (the end of SplitMix64).
std::uint64_t mixed(std::uint64_t number) {
    number = (number ^ (number >> 30)) * 0xbf58'476d'1ce4'e5b9;
    number = (number ^ (number >> 27)) * 0x94d0'49bb'1331'11eb;
    return number ^ (number >> 31);
}

} // namespace

std::string_view name_of(HostilePicture picture) noexcept {
    return entry_of(picture).name;
}

std::vector<std::byte> make_hostile_picture(HostilePicture picture) {
    return entry_of(picture).make();
}

std::vector<std::byte> make_cut_off(std::span<const std::byte> picture, unsigned part) {
    const auto kept = picture.first(picture.size() * std::min(part, 64U) / 64);
    return {kept.begin(), kept.end()};
}

std::vector<std::byte> make_damaged(std::span<const std::byte> picture, std::uint32_t seed) {
    std::vector<std::byte> bytes{picture.begin(), picture.end()};
    constexpr std::uint64_t step = 0x9e37'79b9'7f4a'7c15;
    std::uint64_t state = mixed((std::uint64_t{seed} + 1) * step);
    for (auto flips = bytes.empty() ? 0 : state % 4 + 1; flips != 0; --flips) {
        state = mixed(state + step);
        bytes[(state >> 3) % bytes.size()] ^= std::byte{1} << (state & 7U);
    }
    return bytes;
}

} // namespace portrait::testing
