#include "encoding_case.hpp"

#include "support/byte_writer.hpp"

#include <algorithm>

namespace portrait::testing {
namespace {

/// LZW codes of pixels alone: the table is cleared before its codes need another bit.
Bytes data_blocks(const std::vector<unsigned>& pixels, unsigned bits) {
    const unsigned clear = 1U << bits;
    Bytes codes;
    unsigned last = 0;
    unsigned filled = 0;
    const auto put = [&](unsigned code) {
        last |= code << filled;
        for (filled += bits + 1; filled >= 8; filled -= 8, last >>= 8)
            codes.push_back(static_cast<std::byte>(last));
    };
    for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
        if (pixel % (clear - 2) == 0)
            put(clear);
        put(pixels[pixel]);
    }
    put(clear + 1);
    if (filled != 0)
        codes.push_back(static_cast<std::byte>(last));
    ByteWriter out;
    out.u8(bits);
    for (std::size_t at = 0; at < codes.size(); at += 255) {
        const auto count = std::min<std::size_t>(255, codes.size() - at);
        out.u8(count).bytes(std::span{codes}.subspan(at, count));
    }
    return out.u8(0).take();
}

void put_colors(ByteWriter& out, unsigned bits) {
    for (unsigned index = 0; index < 1U << bits; ++index)
        for (const auto value : quadrant_colors.at(index % 4))
            out.u8(value);
}

std::vector<unsigned> rows_in_order(bool interlaced) {
    std::vector<unsigned> rows;
    if (!interlaced)
        for (unsigned y = 0; y < case_height; ++y)
            rows.push_back(y);
    else
        for (const auto& [first, step] : {std::pair{0U, 8U}, {4U, 8U}, {2U, 4U}, {1U, 2U}})
            for (unsigned y = first; y < case_height; y += step)
                rows.push_back(y);
    return rows;
}

} // namespace

Bytes gif_of(const EncodingCase& row) {
    const auto bits = row.sample_bits();
    const bool local = row.colors == "local palette";
    const bool transparent = row.alpha == "transparent colour";
    const bool interlaced = row.layout.starts_with("interlaced");
    const bool small_screen = row.layout.ends_with("smaller screen");
    const bool no_screen = row.layout.ends_with("screen of 0 x 0");
    const auto flags = static_cast<unsigned>(0x80U | (bits - 1));
    ByteWriter out;
    out.text(row.encoding)
        .le16(no_screen      ? 0
              : small_screen ? 5
                             : case_width)
        .le16(no_screen      ? 0
              : small_screen ? 7
                             : case_height)
        .u8(local ? 0 : flags)
        .u8(0)
        .u8(0);
    if (!local)
        put_colors(out, bits);
    if (transparent)
        out.text({"\x21\xF9\x04\x01\0\0", 6}).u8(2 % (1U << bits)).u8(0);
    out.u8(0x2C)
        .le16(0)
        .le16(0)
        .le16(case_width)
        .le16(case_height)
        .u8((local ? flags : 0) | (interlaced ? 0x40U : 0));
    if (local)
        put_colors(out, bits);
    std::vector<unsigned> pixels;
    for (const auto y : rows_in_order(interlaced))
        for (unsigned x = 0; x < case_width; ++x)
            pixels.push_back(quadrant_at(x, y) % (1U << bits));
    return out.bytes(data_blocks(pixels, std::max(2U, bits))).u8(0x3B).take();
}

} // namespace portrait::testing
