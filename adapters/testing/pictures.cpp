#include <portrait/testing/pictures.hpp>

#include "picture_parts.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <utility>

namespace portrait::testing {
namespace {

constexpr std::uint8_t true_color = 2;

std::uint32_t adler32(std::span<const std::byte> bytes) {
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (const auto byte : bytes) {
        low = (low + std::to_integer<std::uint32_t>(byte)) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

/// A zlib stream that stores the bytes uncompressed.
Bytes stored_zlib(std::span<const std::byte> bytes) {
    ByteWriter out;
    out.be16(0x7801);
    auto left = bytes;
    do {
        const auto count = std::min<std::size_t>(left.size(), 65535);
        out.u8(count == left.size() ? 1 : 0).le16(count).le16(~count).bytes(left.first(count));
        left = left.subspan(count);
    } while (!left.empty());
    return out.be32(adler32(bytes)).take();
}

constexpr std::uint8_t dc_categories = 12;

/// Writes the category as its code, and the difference in so many bits.
void write_dc(BitWriter& scan, int difference) {
    const auto category = static_cast<unsigned>(std::bit_width(static_cast<unsigned>(std::abs(difference))));
    scan.put(category, 4);
    scan.put(static_cast<std::uint32_t>(difference < 0 ? difference - 1 : difference), category);
}

void write_jpeg_tables(ByteWriter& out) {
    out.be16(0xffdb).be16(67).u8(0).fill(64, 8); // one quantisation table, all 8: a DC step is one grey
    // The DC codes, all of four bits.
    out.be16(0xffc4).be16(31).u8(0x00).fill(3).u8(dc_categories).fill(12);
    for (std::uint8_t category = 0; category < dc_categories; ++category)
        out.u8(category);
    // One AC code only: the end of the block, a single zero bit.
    out.be16(0xffc4).be16(20).u8(0x10).u8(1).fill(15).u8(0x00);
}

/// The frame header, tables and scan: all of a JPEG but its first two bytes.
Bytes jpeg_after_start(std::uint16_t width, std::uint16_t height, std::uint32_t seed) {
    ByteWriter out;
    out.be16(0xffc0).be16(11).u8(8).be16(height).be16(width).u8(1).u8(1).u8(0x11).u8(0);
    write_jpeg_tables(out);
    out.be16(0xffda).be16(8).u8(1).u8(1).u8(0x00).u8(0).u8(63).u8(0);
    BitWriter scan{BitWriter::Order::high_first_stuffed};
    Noise noise{seed};
    const auto blocks = ((width + 7U) / 8U) * ((height + 7U) / 8U);
    int before = 0;
    for (std::uint32_t block = 0; block < blocks; ++block) {
        const int grey = static_cast<int>(noise.next() % 256) - 128;
        write_dc(scan, grey - before);
        scan.put(0, 1);
        before = grey;
    }
    return out.bytes(scan.take()).be16(0xffd9).take();
}

} // namespace

Bytes make_png_chunk(std::string_view name, std::span<const std::byte> data) {
    ByteWriter out;
    out.be32(data.size()).text(name).bytes(data);
    boost::crc_32_type crc;
    crc.process_bytes(out.view().data() + 4, out.size() - 4);
    return out.be32(crc.checksum()).take();
}

Bytes make_png(std::uint32_t width, std::uint32_t height, std::uint32_t seed) {
    const std::size_t line = 1 + std::size_t{3} * width;
    Bytes scan_lines(line * height);
    Noise{seed}.fill(scan_lines);
    for (std::size_t row = 0; row < height; ++row)
        scan_lines[row * line] = std::byte{0}; // no filter
    return png_of(width, height, true_color, stored_zlib(scan_lines));
}

Bytes make_png_claiming(std::uint32_t width, std::uint32_t height) {
    return png_of(width, height, true_color, stored_zlib({}));
}

Bytes make_jpeg(std::uint16_t width, std::uint16_t height, std::uint32_t seed) {
    ByteWriter out;
    out.be16(0xffd8).be16(0xffe0).be16(16).text({"JFIF\0\1\1\0\0\1\0\1\0\0", 14});
    out.be16(0xfffe).be16(6).be32(seed); // a comment makes small pictures differ, which have few greys
    return out.bytes(jpeg_after_start(width, height, seed)).take();
}

Bytes make_jpeg_of_size(std::size_t bytes, std::uint32_t seed) {
    constexpr std::size_t largest_segment = 2 + 65535;
    constexpr std::size_t smallest_segment = 4;
    const auto picture = jpeg_after_start(8, 8, seed);
    auto left = std::max<std::size_t>(bytes, 400) - 2 - picture.size();
    Noise noise{seed};
    Bytes comment(largest_segment);
    ByteWriter out;
    out.be16(0xffd8);
    while (left > 0) {
        auto segment = std::min(left, largest_segment);
        if (left > segment && left - segment < smallest_segment)
            segment -= smallest_segment;
        const auto content = std::span{comment}.first(segment - smallest_segment);
        noise.fill(content);
        out.be16(0xfffe).be16(segment - 2).bytes(content);
        left -= segment;
    }
    return out.bytes(picture).take();
}

Bytes make_gif(std::uint16_t width, std::uint16_t height, std::uint32_t seed) {
    ByteWriter out;
    out.text("GIF89a").le16(width).le16(height).u8(0xf6).u8(0).u8(0); // a global table of 128 colours
    for (std::uint64_t color = 0; color < 128; ++color)
        out.u8(color * 2).u8(255 - color).u8(color);
    // A comment makes small pictures differ, which have few colours.
    out.u8(0x21).u8(0xfe).u8(4).be32(seed).u8(0);
    out.u8(0x2c).le16(0).le16(0).le16(width).le16(height).u8(0);
    // Codes stay 8 bits wide, so bytes, as long as the dictionary is cleared (128) before it has 256 entries.
    ByteWriter codes;
    Noise noise{seed};
    const auto pixels = std::uint32_t{width} * height;
    for (std::uint32_t pixel = 0; pixel < pixels; ++pixel) {
        if (pixel % 100 == 0)
            codes.u8(128);
        codes.u8(noise.next() % 128);
    }
    codes.u8(129);
    return out.bytes(gif_data(7, codes.view())).u8(0x3b).take();
}

Bytes make_tiff(std::uint32_t width, std::uint32_t height, bool big_endian, std::uint32_t seed) {
    constexpr std::uint32_t pixels_at = tiff_head_size + tiff_directory_size;
    auto out = tiff_head(big_endian);
    write_tiff_directory(out, {.width = width, .height = height, .offset = pixels_at, .size = width * height},
                         0, big_endian);
    Bytes pixels(std::size_t{width} * height);
    Noise{seed}.fill(pixels);
    return out.bytes(pixels).take();
}

} // namespace portrait::testing
