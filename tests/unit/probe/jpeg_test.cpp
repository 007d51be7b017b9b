#include "probing.hpp"

#include "support/pictures.hpp"

namespace probe_jpeg_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// Writes a JPEG's markers one by one.
class Jpeg {
public:
    Jpeg() { out_.be16(0xffd8); }

    Jpeg& raw(std::initializer_list<int> bytes) {
        for (const int byte : bytes)
            out_.u8(static_cast<std::uint8_t>(byte));
        return *this;
    }
    Jpeg& segment(int marker, std::string_view body) {
        raw({0xff, marker});
        out_.be16(body.size() + 2).text(body);
        return *this;
    }
    Jpeg& filler(int marker, std::size_t size) { return segment(marker, std::string(size, '\xff')); }
    Jpeg& frame(int marker = 0xc0, std::uint16_t width = 40, std::uint16_t height = 30, int components = 3,
                int bits = 8, std::string_view ids = "\1\2\3\4") {
        raw({0xff, marker});
        out_.be16(static_cast<std::uint64_t>(8 + 3 * components)).u8(static_cast<std::uint8_t>(bits));
        out_.be16(height).be16(width).u8(static_cast<std::uint8_t>(components));
        for (int index = 0; index < components; ++index)
            raw({ids[static_cast<std::size_t>(index % 4)], 0x11, 0});
        return *this;
    }
    Jpeg& scan() { return segment(0xda, {"\1\1\0\0\x3f\0", 6}); }
    Bytes take() { return out_.take(); }

private:
    ByteWriter out_;
};

constexpr std::string_view jfif{"JFIF\0\1\1\0\0\1\0\1\0\0", 14};

std::string adobe(char transform) {
    return std::string{"Adobe\0\x64\0\0\0\0", 11} + transform;
}

ImageHeader jpeg_header(std::uint16_t bits, std::uint16_t samples, ColorModel color,
                        bool progressive = false) {
    return {ImageFormat::jpeg, 40, 30, bits, samples, color, progressive, false};
}

} // namespace

TEST_CASE("a JPEG's frame header has size, depth, components and progression", "[probe][jpeg]") {
    CHECK(accepted(make_jpeg(333, 222)) == ImageHeader{ImageFormat::jpeg, 333, 222, 8, 1, ColorModel::grey});
    CHECK(accepted(Jpeg{}.frame(0xc0).scan().take()) == jpeg_header(8, 3, ColorModel::ycbcr));
    CHECK(accepted(Jpeg{}.frame(0xc2).scan().take()) == jpeg_header(8, 3, ColorModel::ycbcr, true));
    CHECK(accepted(Jpeg{}.frame(0xc1, 40, 30, 1).scan().take()) == jpeg_header(8, 1, ColorModel::grey));
    CHECK(accepted(Jpeg{}.frame(0xc0, 65535, 65535).scan().take()).height == 65535);
}

TEST_CASE("a JPEG of an encoding that no viewer shows is refused by name", "[probe][jpeg]") {
    const auto refusal = GENERATE(values<Refusal>({
        {"12 bits", Jpeg{}.frame(0xc1, 40, 30, 1, 12).scan().take(), errc::image_unsupported_encoding,
         "12 bits"},
        {"12 bits, progressive", Jpeg{}.frame(0xc2, 40, 30, 3, 12).scan().take(),
         errc::image_unsupported_encoding, "12 bits"},
        {"two components", Jpeg{}.frame(0xc0, 40, 30, 2).scan().take(), errc::image_unsupported_encoding,
         "2 components"},
    }));
    check_refused(refusal);
}

TEST_CASE("a JPEG with arithmetic coding is accepted, as common decoders read it", "[probe][jpeg]") {
    CHECK(accepted(Jpeg{}.frame(0xc9).scan().take()) == jpeg_header(8, 3, ColorModel::ycbcr));
    CHECK(accepted(Jpeg{}.segment(0xcc, {"\0\x10", 2}).frame(0xca).scan().take()).progressive);
}

TEST_CASE("a JPEG's colours follow JFIF, Adobe's transform and the components' ids", "[probe][jpeg]") {
    const auto color = [](Jpeg jpeg) { return accepted(jpeg.scan().take()).color; };
    CHECK(color(Jpeg{}.segment(0xee, adobe(0)).frame()) == ColorModel::rgb);
    CHECK(color(Jpeg{}.frame().segment(0xee, adobe(0))) == ColorModel::rgb);
    CHECK(color(Jpeg{}.segment(0xee, adobe(1)).frame()) == ColorModel::ycbcr);
    CHECK(color(Jpeg{}.segment(0xe0, jfif).segment(0xee, adobe(0)).frame()) == ColorModel::ycbcr);
    CHECK(color(Jpeg{}.frame(0xc0, 40, 30, 3, 8, "RGBA")) == ColorModel::rgb);
    CHECK(color(Jpeg{}.segment(0xe0, jfif).frame(0xc0, 40, 30, 3, 8, "RGBA")) == ColorModel::ycbcr);
    CHECK(color(Jpeg{}.segment(0xee, adobe(0)).frame(0xc0, 40, 30, 4)) == ColorModel::cmyk);
    CHECK(color(Jpeg{}.segment(0xee, adobe(2)).frame(0xc2, 40, 30, 4)) == ColorModel::cmyk);
    CHECK(color(Jpeg{}.frame(0xc0, 40, 30, 4)) == ColorModel::cmyk);
}

TEST_CASE("a JPEG's frame header is found behind every segment that may precede it", "[probe][jpeg]") {
    const auto thumbnail = make_jpeg(16, 16);
    const std::string inner(reinterpret_cast<const char*>(thumbnail.data()), thumbnail.size());
    const auto width = [](Jpeg jpeg) { return accepted(jpeg.scan().take()).width; };
    CHECK(width(Jpeg{}.segment(0xe1, "Exif" + inner).frame()) == 40);
    CHECK(width(Jpeg{}.raw({0xff, 0xff, 0xff}).segment(0xfe, "").raw({0xff, 0xff}).frame()) == 40);
    CHECK(width(Jpeg{}.filler(0xe2, 65533).filler(0xe2, 65533).frame()) == 40);
    CHECK(width(Jpeg{}.segment(0xc4, std::string("\0", 1) + std::string(16, '\0')).frame()) == 40);
    CHECK(width(Jpeg{}.segment(0xdd, {"\0\4", 2}).raw({0xff, 0x01, 0xff, 0xd3}).frame()) == 40);
    CHECK(width(Jpeg{}.filler(0xe1, 9).raw({0, 0, 0, 'x', 0xff, 0}).frame()) == 40); // a camera's padding
}

TEST_CASE("a JPEG's head that contradicts the format is refused", "[probe][jpeg]") {
    const auto refusal = GENERATE(values<Refusal>({
        {"no frame header before the scan", Jpeg{}.scan().take(), errc::image_corrupt,
         "scan before any frame"},
        {"no frame header at all", Jpeg{}.segment(0xfe, "x").raw({0xff, 0xd9}).take(), errc::image_corrupt,
         "without a frame header"},
        {"no scan", Jpeg{}.frame().raw({0xff, 0xd9}).take(), errc::image_corrupt, "without a scan"},
        {"no width", Jpeg{}.frame(0xc0, 0, 30).scan().take(), errc::image_zero_dimension, "0 x 30"},
        {"height told later", Jpeg{}.frame(0xc0, 40, 0).scan().take(), errc::image_zero_dimension, "40 x 0"},
        {"two frame headers", Jpeg{}.frame().frame(0xc0, 9, 9).scan().take(), errc::image_corrupt,
         "two frame"},
        {"two starts", Jpeg{}.segment(0xfe, "").raw({0xff, 0xd8}).frame().scan().take(), errc::image_corrupt,
         "second start"},
        {"segment of length 1", Jpeg{}.raw({0xff, 0xe0, 0, 1}).frame().scan().take(), errc::image_corrupt,
         "less than 2"},
        {"reserved marker", Jpeg{}.raw({0xff, 0x42}).frame().scan().take(), errc::image_corrupt, "0x42"},
        {"reserved JPG marker", Jpeg{}.frame(0xc8).scan().take(), errc::image_corrupt, "0xC8"},
        {"no components", Jpeg{}.frame(0xc0, 40, 30, 0).scan().take(), errc::image_corrupt, "length"},
        {"length and components differ",
         Jpeg{}.segment(0xc0, {"\x08\0\x1e\0\x28\3\1\x11\0", 9}).scan().take(), errc::image_corrupt,
         "length"},
        {"short frame header", Jpeg{}.segment(0xc0, "\x08").scan().take(), errc::image_corrupt, "too short"},
        {"baseline of 12 bits", Jpeg{}.frame(0xc0, 40, 30, 3, 12).scan().take(), errc::image_corrupt,
         "12 bits"},
        {"9 bits", Jpeg{}.frame(0xc1, 40, 30, 3, 9).scan().take(), errc::image_corrupt, "9 bits"},
        {"sampling of 0", Jpeg{}.segment(0xc0, {"\x08\0\x1e\0\x28\1\1\x01\0", 9}).scan().take(),
         errc::image_corrupt, "component"},
        {"table 4", Jpeg{}.segment(0xc0, {"\x08\0\x1e\0\x28\1\1\x11\4", 9}).scan().take(),
         errc::image_corrupt, "component"},
        {"5 components", Jpeg{}.frame(0xc0, 40, 30, 5).scan().take(), errc::image_unsupported_format,
         "5 components"},
        {"text after the start", ByteWriter{}.be16(0xffd8).text("text").take(), errc::image_unknown_format},
    }));
    check_refused(refusal);
}

TEST_CASE("JPEG processes that no picture viewer shows are refused by name", "[probe][jpeg]") {
    for (const int marker : {0xc3, 0xcb})
        check_refused({"lossless", Jpeg{}.frame(marker).scan().take(), errc::image_unsupported_format,
                       "lossless JPEG"});
    for (const int marker : {0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf, 0xde})
        check_refused({"hierarchical", Jpeg{}.frame(marker).scan().take(), errc::image_unsupported_format,
                       "hierarchical"});
    check_refused({"JPEG-LS", Jpeg{}.frame(0xf7).scan().take(), errc::image_unsupported_format, "JPEG-LS"});
}

TEST_CASE("a JPEG that ends anywhere before its first scan is truncated", "[probe][jpeg]") {
    const auto head = Jpeg{}
                          .segment(0xe0, jfif)
                          .segment(0xfe, "a comment")
                          .frame()
                          .segment(0xc4, std::string(17, '\0'))
                          .scan()
                          .take();
    accepted(head);
    check_all_truncations(head);
}

TEST_CASE("a JPEG's frame header behind 8 MiB of metadata is found", "[probe][jpeg][bounds]") {
    Jpeg jpeg;
    for (int segment = 0; segment < 128; ++segment)
        jpeg.filler(0xe2, 65533);
    const auto bytes = jpeg.frame(0xc2).scan().take();
    REQUIRE(bytes.size() > 8U * 1024 * 1024);
    CHECK(accepted(bytes) == jpeg_header(8, 3, ColorModel::ycbcr, true));
    CHECK(accepted(make_jpeg_of_size(5U * 1024 * 1024)).width == 8);
}

TEST_CASE("a JPEG of more segments, fill bytes or stray bytes than the budget is refused",
          "[probe][jpeg][bounds]") {
    const auto with_segments = [](std::size_t count) {
        Jpeg jpeg;
        for (std::size_t segment = 0; segment < count; ++segment)
            jpeg.segment(0xfe, "");
        return jpeg.frame().scan().take();
    };
    CHECK(accepted(with_segments(probe_step_budget - 2)).width == 40);
    check_refused(
        {"one segment too many", with_segments(probe_step_budget - 1), errc::image_corrupt, "first scan"});

    Bytes tiny;
    tiny.reserve(64U * 1024 * 1024);
    tiny = {std::byte{0xff}, std::byte{0xd8}};
    while (tiny.size() < 64U * 1024 * 1024)
        for (const int byte : {0xff, 0xfe, 0, 2})
            tiny.push_back(static_cast<std::byte>(byte));
    check_refused(
        {"64 MiB of tiny segments", std::move(tiny), errc::image_corrupt, "frame header (SOF) is not found"});

    for (const auto byte : {std::uint8_t{0xff}, std::uint8_t{0x00}}) {
        const auto padded = [byte](std::size_t count) {
            const auto rest = Jpeg{}.frame().scan().take();
            ByteWriter out;
            return out.be16(0xffd8)
                .be16(0xfffe)
                .be16(2)
                .fill(count, byte)
                .bytes(std::span{rest}.subspan(2))
                .take();
        };
        CHECK(accepted(padded(probe_byte_budget / 2)).width == 40);
        check_refused(
            {"fill or stray bytes", padded(probe_byte_budget), errc::image_corrupt, "262144 bytes"});
    }
}

} // namespace probe_jpeg_test
