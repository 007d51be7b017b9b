#include <portrait/testing/hostile_pictures.hpp>

#include "picture_parts.hpp"

#include <portrait/testing/pictures.hpp>

#include <algorithm>
#include <utility>

namespace portrait::testing {
namespace {

constexpr std::uint64_t packed_size = 900'000'000;

// Packed zeros

/// Codes of rising length, each for one zero more than its predecessor. `early` is 1 in TIFF, where codes get
/// wider one code earlier.
Bytes lzw_zeros(BitWriter bits, std::uint64_t count, unsigned literal_bits, unsigned early) {
    const std::uint32_t clear = 1U << literal_bits;
    const std::uint32_t end = clear + 1;
    constexpr std::uint32_t most_codes = 4096;
    unsigned width = literal_bits + 1;
    while (count != 0) {
        bits.put(clear, width);
        width = literal_bits + 1;
        bits.put(0, width);
        --count;
        // `next` is the code that the decoder learns from the written one.
        for (std::uint32_t next = end + 1; count != 0 && next < most_codes - 2; ++next) {
            const std::uint64_t length = next - end + 1;
            if (length > count) { // the rest, as a code that is known already
                bits.put(count == 1 ? 0 : end + static_cast<std::uint32_t>(count) - 1, width);
                count = 0;
            } else {
                bits.put(next, width);
                count -= length;
            }
            if (next + 1 + early >= 1U << width && width < 12)
                ++width;
        }
    }
    bits.put(end, width);
    return bits.take();
}

/// A zlib stream of so many zeros, at least one; a thousandth of their size.
Bytes zlib_zeros(std::uint64_t count) {
    constexpr std::uint64_t longest = 258;
    BitWriter bits{BitWriter::Order::low_first};
    bits.put(0x0178, 16); // zlib's head
    // One block whose own codes give a bit each to "258 bytes as before" and to "from one byte before", and
    // two bits to a zero and to the end.
    bits.put(0b101, 3);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // Lengths of the codes for lengths: one bit for 18 (a run of zeros), two bits for 1 and 2.
    constexpr std::array<unsigned, 18> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1};
    for (const auto symbol : order)
        bits.put(symbol == 18 ? 1U : symbol == 1 || symbol == 2 ? 2U : 0U, 3);
    const auto run_of_absent = [&](unsigned length) { // 11 to 138
        bits.put(0, 1);
        bits.put(length - 11, 7);
    };
    constexpr std::uint32_t length_1 = 0b01;
    constexpr std::uint32_t length_2 = 0b11;
    bits.put(length_2, 2); // a zero
    run_of_absent(138);
    run_of_absent(117);
    bits.put(length_2, 2); // 256: the end
    run_of_absent(28);
    bits.put(length_1, 2); // 285: 258 bytes as before
    bits.put(length_1, 2); // of distances: from one byte before
    for (auto singles = (count - 1) % longest + 1; singles != 0; --singles)
        bits.put(0b01, 2);
    for (auto runs = (count - 1) / longest; runs != 0; --runs)
        bits.put(0, 2);
    bits.put(0b11, 2);
    ByteWriter out;
    out.bytes(bits.take());
    return out.be32((count % 65521) << 16 | 1).take(); // Adler-32 of zeros
}

/// So many zeros in TIFF's LZW.
Bytes tiff_lzw_zeros(std::uint64_t count) {
    return lzw_zeros(BitWriter{BitWriter::Order::high_first}, count, 8, 1);
}

/// So many zeros as a GIF's compressed data, with codes for 4 colours.
Bytes gif_lzw_zeros(std::uint64_t count) {
    constexpr std::uint8_t code_size = 2;
    return gif_data(code_size, lzw_zeros(BitWriter{BitWriter::Order::low_first}, count, code_size, 0));
}

// PNG

Bytes grey_png(std::uint32_t width, std::uint32_t height, const Bytes& before_pixels = {}) {
    return png_of(width, height, 0, zlib_zeros(std::uint64_t{width + 1} * height), before_pixels);
}

/// A chunk of a name, a method and 900 MB of zeros.
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

Bytes tiff_of_strip(TiffPage page, const Bytes& strip) {
    page.offset = tiff_head_size + tiff_directory_size;
    page.size = static_cast<std::uint32_t>(strip.size());
    auto out = tiff_head();
    if (page.samples > 1) {
        page.bits = std::exchange(page.offset, page.offset + page.samples * 4);
        write_tiff_directory(out, page);
        for (std::uint32_t sample = 0; sample < page.samples; ++sample)
            out.le32(8);
    } else {
        write_tiff_directory(out, page);
    }
    return out.bytes(strip).take();
}

Bytes tiff_of_tall_tiles() {
    constexpr std::uint32_t width = 60'000;
    constexpr std::uint32_t tile_width = 16;
    constexpr std::uint32_t tiles = width / tile_width;
    constexpr std::uint32_t entries = 10;
    constexpr std::uint32_t lists = tiff_head_size + 2 + entries * 12 + 4;
    auto out = tiff_head();
    out.le16(entries);
    const auto entry = [&](std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::uint32_t value) {
        out.le16(tag).le16(type).le32(count).le32(value);
    };
    entry(256, 4, 1, width);
    entry(257, 4, 1, 1);
    entry(258, 3, 1, 8);
    entry(259, 3, 1, 1);
    entry(262, 3, 1, 1);
    entry(277, 3, 1, 1);
    entry(322, 4, 1, tile_width);
    entry(323, 4, 1, 65'536);
    entry(324, 4, tiles, lists);
    entry(325, 4, tiles, lists + tiles * 4);
    out.le32(0);
    for (std::uint32_t tile = 0; tile < 2 * tiles; ++tile)
        out.le32(0xF000'0000);
    return out.take();
}

/// A strip for each row; `offset_of(end, row)` is its offset, where `end` is behind the directory and its
/// values.
template<class Offset>
Bytes tiff_of_rows(std::uint32_t side, const Offset& offset_of) {
    constexpr auto offsets_at = tiff_head_size + tiff_directory_size;
    const auto sizes_at = offsets_at + side * 4;
    auto out = tiff_head();
    write_tiff_directory(
        out, {.width = side, .height = side, .strips = side, .offset = offsets_at, .size = sizes_at});
    for (std::uint32_t row = 0; row < side; ++row)
        out.le32(offset_of(sizes_at + side * 4, row));
    for (std::uint32_t row = 0; row < side; ++row)
        out.le32(side);
    for (std::uint32_t column = 0; column < side; ++column)
        out.u8(column / 40);
    return out.take();
}

/// Pages of one pixel; `loops`: the last one's next is the first.
Bytes tiff_of_pages(std::uint32_t pages, bool loops) {
    auto out = tiff_head();
    for (std::uint32_t page = 1; page <= pages; ++page)
        write_tiff_directory(out, {},
                             page < pages ? tiff_head_size + page * tiff_directory_size
                             : loops      ? tiff_head_size
                                          : 0);
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
    std::string_view name;
    Bytes (*make)();
};

// In the order of the enumerators.
constexpr std::array<Named, all_hostile_pictures.size()> table{{
    {"png_claim", [] { return make_png_claiming(30'000, 30'000); }},
    {"png_bomb", [] { return grey_png(30'000, 30'000); }},
    {"png_bomb_in_limits", [] { return grey_png(10'000, 10'000); }},
    {"png_profile_bomb", [] { return grey_png(8, 8, packed_chunk("iCCP", "profile")); }},
    {"png_text_bomb", [] { return grey_png(8, 8, packed_chunk("zTXt", "text")); }},
    {"png_many_chunks", &png_of_many_chunks},
    {"gif_many_frames", [] { return gif_of_frames(1, 1, 10'000); }},
    {"gif_large_frames", [] { return gif_of_frames(5'000, 5'000, 900); }},
    {"gif_bomb", [] { return large_gif(10'000); }},
    {"tiff_overlapping_strips",
     [] { return tiff_of_rows(10'000, [](std::uint32_t end, std::uint32_t) { return end; }); }},
    {"tiff_lzw_bomb",
     [] {
         return tiff_of_strip({.width = 10'000, .height = 10'000, .compression = TiffPage::lzw},
                              tiff_lzw_zeros(100'000'000));
     }},
    {"tiff_deflate_bomb",
     [] {
         return tiff_of_strip(
             {.width = 9'999, .height = 9'999, .samples = 3, .compression = TiffPage::deflate},
             zlib_zeros(std::uint64_t{9'999} * 9'999 * 3));
     }},
    {"tiff_many_pages", [] { return tiff_of_pages(30'000, false); }},
    {"tiff_endless_pages", [] { return tiff_of_pages(1, true); }},
    {"tiff_far_strips",
     [] { return tiff_of_rows(1'000, [](std::uint32_t, std::uint32_t row) { return 0xF000'0000 + row; }); }},
    {"tiff_tall_tiles", &tiff_of_tall_tiles},
    {"tiff_wide_claim", [] { return tiff_of_strip({.width = 9'000, .height = 9'000, .samples = 64}, {}); }},
    {"jpeg_many_scans", [] { return jpeg_of_scans(4'000, 3'000, 10'000); }},
    {"jpeg_claim", &jpeg_claim},
    {"jpeg_much_metadata", [] { return make_jpeg_of_size(8U << 20); }},
    {"jpeg_profile_parts", &jpeg_of_profile_parts},
}};

} // namespace

std::string_view name_of(HostilePicture picture) noexcept {
    return table[static_cast<std::size_t>(picture)].name;
}

std::vector<std::byte> make_hostile_picture(HostilePicture picture) {
    return table[static_cast<std::size_t>(picture)].make();
}

std::vector<std::byte> make_cut_off(std::span<const std::byte> picture, unsigned part) {
    const auto kept = picture.first(picture.size() * std::min(part, 64U) / 64);
    return {kept.begin(), kept.end()};
}

std::vector<std::byte> make_damaged(std::span<const std::byte> picture, std::uint32_t seed) {
    std::vector<std::byte> bytes{picture.begin(), picture.end()};
    Noise noise{seed};
    for (auto flips = bytes.empty() ? 0 : noise.next() % 4 + 1; flips != 0; --flips) {
        const auto place = noise.next();
        bytes[(place >> 3) % bytes.size()] ^= std::byte{1} << (place & 7U);
    }
    return bytes;
}

} // namespace portrait::testing
