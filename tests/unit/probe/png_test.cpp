#include "probing.hpp"

#include "support/pictures.hpp"

namespace probe_png_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

constexpr std::string_view signature{"\x89PNG\r\n\x1a\n", 8};

struct Head {
    std::uint32_t width = 5;
    std::uint32_t height = 4;
    int depth = 8;
    int color = 2;
    int compression = 0;
    int filter = 0;
    int interlace = 0;
};

Bytes header_chunk(const Head& head) {
    ByteWriter data;
    data.be32(head.width).be32(head.height);
    for (const int field : {head.depth, head.color, head.compression, head.filter, head.interlace})
        data.u8(static_cast<std::uint8_t>(field));
    return make_png_chunk("IHDR", data.view());
}

/// A PNG of this head and these chunks between IHDR and an IDAT chunk.
Bytes png(const Head& head, const std::vector<Bytes>& chunks = {}, std::string_view last = "IDAT") {
    ByteWriter out;
    out.text(signature).bytes(header_chunk(head));
    for (const auto& chunk : chunks)
        out.bytes(chunk);
    return out.bytes(make_png_chunk(last)).take();
}

Bytes chunk(std::string_view name, std::size_t size) {
    return make_png_chunk(name, Bytes(size));
}

Bytes with_byte(Bytes bytes, std::size_t at, int value) {
    bytes.at(at) = static_cast<std::byte>(value);
    return bytes;
}

} // namespace

TEST_CASE("a PNG's header has size, depth, colours and interlacing", "[probe][png]") {
    const auto header = accepted(make_png(300, 200));
    CHECK(header == ImageHeader{ImageFormat::png, 300, 200, 8, 3, ColorModel::rgb, false, false});
    CHECK(accepted(png({7, 9, 16, 6, 0, 0, 1})) ==
          ImageHeader{ImageFormat::png, 7, 9, 16, 4, ColorModel::rgb, true, false});
}

TEST_CASE("a PNG's depth and colour type have to be one of the legal pairs", "[probe][png]") {
    const auto legal = [](int color, int depth) {
        switch (color) {
        case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case 2:
        case 4:
        case 6: return depth == 8 || depth == 16;
        default: return false;
        }
    };
    for (int color = 0; color < 256; color += color < 8 ? 1 : 62)
        for (int depth = 0; depth < 256; depth += depth < 34 ? 1 : 37) {
            INFO("colour type " << color << ", depth " << depth);
            const auto header = probe(png({5, 4, depth, color}, {chunk("PLTE", 3)}));
            REQUIRE(header.has_value() == legal(color, depth));
            if (header)
                CHECK(header->bits_per_sample == depth);
            else
                CHECK(header.error() == errc::image_corrupt);
        }
}

TEST_CASE("a PNG's head that contradicts the format is refused", "[probe][png]") {
    const auto good = png({});
    auto converted = good;
    converted.erase(converted.begin() + 4);
    ByteWriter misplaced;
    misplaced.text(signature).bytes(chunk("gAMA", 4)).bytes(header_chunk({})).bytes(chunk("IDAT", 0));
    const auto refusal = GENERATE_COPY(values<Refusal>({
        {"wrong checksum", with_byte(good, 32, 0), errc::image_corrupt, "IHDR chunk has a wrong checksum"},
        {"width changed", with_byte(good, 19, 9), errc::image_corrupt, "wrong checksum"},
        {"IHDR of 14 bytes", with_byte(good, 11, 14), errc::image_corrupt, "IHDR chunk of 13 bytes"},
        {"gAMA before IHDR", misplaced.view(), errc::image_corrupt, "does not begin with an IHDR"},
        {"a line end converted", converted, errc::image_corrupt, "signature is damaged"},
        {"Apple's variant",
         with_byte(with_byte(with_byte(with_byte(good, 12, 'C'), 13, 'g'), 14, 'B'), 15, 'I'),
         errc::image_unsupported_format, "CgBI"},
        {"compression 1", png({5, 4, 8, 2, 1}), errc::image_corrupt, "compression"},
        {"filter 1", png({5, 4, 8, 2, 0, 1}), errc::image_corrupt, "filter"},
        {"interlace 2", png({5, 4, 8, 2, 0, 0, 2}), errc::image_corrupt, "interlace"},
        {"no width", png({0, 4}), errc::image_zero_dimension, "0 x 4"},
        {"no height", png({5, 0}), errc::image_zero_dimension, "5 x 0"},
        {"too wide for the format", png({0x8000'0000, 4}), errc::image_corrupt, "2147483648 x 4"},
        {"too high for the format", png({5, 0xffff'ffff}), errc::image_corrupt, "4294967295"},
        {"no picture data", png({}, {}, "IEND"), errc::image_corrupt, "without an IDAT"},
        {"a second IHDR", png({}, {header_chunk({})}), errc::image_corrupt, "unexpected IHDR"},
        {"an unknown critical chunk", png({}, {chunk("ABCD", 1)}), errc::image_corrupt, "unexpected ABCD"},
        {"no chunk at all", png({}, {Bytes(20)}), errc::image_corrupt, "not a chunk"},
        {"palette with a wrong checksum", with_byte(png({5, 4, 8, 3}, {chunk("PLTE", 3)}), 41, 9),
         errc::image_corrupt, "palette (PLTE chunk) has a wrong checksum"},
        {"palette missing", png({5, 4, 8, 3}), errc::image_corrupt, "no PLTE"},
        {"palette of 4 bytes", png({5, 4, 8, 3}, {chunk("PLTE", 4)}), errc::image_corrupt, "PLTE"},
        {"palette of 257 colours", png({5, 4, 8, 3}, {chunk("PLTE", 771)}), errc::image_corrupt, "PLTE"},
    }));
    check_refused(refusal);
}

TEST_CASE("a PNG's signature with something else behind it is corrupt, however short", "[probe][png]") {
    for (const std::string_view rest :
         {"x", "GIF89a", "<html><body>this is not a picture at all</body></html>"}) {
        ByteWriter bytes;
        bytes.text(signature).text(rest);
        check_refused({rest, bytes.take(), errc::image_corrupt, "IHDR"});
    }
}

TEST_CASE("a PNG that ends anywhere before its picture data is truncated", "[probe][png]") {
    auto head = png({5, 4, 8, 3}, {chunk("PLTE", 6), chunk("tEXt", 20)});
    head.erase(head.end() - 4, head.end()); // without IDAT's checksum, which isn't read
    accepted(head);
    for (const std::size_t stub : {33U, 8U, 7U, 1U}) {
        const auto header = probe(std::span{head}.first(stub));
        REQUIRE_FALSE(header);
        CHECK(header.error() == errc::image_truncated);
    }
    check_all_truncations(head);
}

TEST_CASE("a PNG's header has dimensions beyond any limit", "[probe][png]") {
    const auto header = accepted(make_png_claiming(100'000, 100'000));
    CHECK(header.width == 100'000);
    CHECK(header.height == 100'000);
    CHECK(accepted(make_png_claiming(0x7fff'ffff, 0x7fff'ffff)).height == 0x7fff'ffff);
}

TEST_CASE("an animated PNG is recognised by a chunk before its picture data", "[probe][png]") {
    CHECK(accepted(png({}, {chunk("acTL", 8)})).animated);
    CHECK(accepted(png({}, {chunk("tEXt", 70'000), chunk("acTL", 8)})).animated);
    CHECK_FALSE(accepted(png({}, {chunk("acTL", 7)})).animated);
    CHECK_FALSE(accepted(png({}, {chunk("tEXt", 8)})).animated);
}

TEST_CASE("a PNG with too many chunks before its picture data is refused", "[probe][png]") {
    CHECK(accepted(png({}, std::vector<Bytes>(4000, chunk("tEXt", 0)))).width == 5);
    CHECK(accepted(png({5, 4, 8, 3}, {chunk("PLTE", 3), chunk("iCCP", 3'000'000)})).width == 5);
    check_refused({"5000 chunks", png({}, std::vector<Bytes>(5000, chunk("tEXt", 0))), errc::image_corrupt,
                   "IDAT chunk is not found within"});
}

TEST_CASE("a PNG of high dynamic range is refused by name", "[probe][png]") {
    const auto with_transfer = [](std::uint8_t transfer) {
        return png({}, {make_png_chunk("cICP", ByteWriter{}.u8(9).u8(transfer).u8(0).u8(1).view())});
    };
    check_refused({"PQ", with_transfer(16), errc::image_unsupported_encoding, "PQ"});
    check_refused({"HLG", with_transfer(18), errc::image_unsupported_encoding, "HLG"});
    for (const int transfer : {1, 8, 13, 255})
        accepted(with_transfer(static_cast<std::uint8_t>(transfer)));
    accepted(with_byte(with_transfer(16), 41, 10)); // a wrong checksum: viewers ignore the chunk
    accepted(png({}, {chunk("cICP", 5)}));
}

} // namespace probe_png_test
