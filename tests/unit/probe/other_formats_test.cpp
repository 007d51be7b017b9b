#include "probing.hpp"

#include "support/fake_upload_converter.hpp"

namespace probe_other_formats_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

Bytes text(std::string_view text) {
    return ByteWriter{}.text(text).take();
}

struct BitmapFields {
    std::uint32_t data = 54;
    std::uint32_t header = 40;
    std::uint16_t planes = 1;
};

Bytes bitmap(BitmapFields fields) {
    ByteWriter out;
    out.text("BM")
        .le32(1000)
        .le32(0)
        .le32(fields.data)
        .le32(fields.header)
        .le32(4)
        .le32(4)
        .le16(fields.planes);
    return out.le16(24).fill(60).take();
}

struct IconFields {
    std::uint16_t type = 1;
    std::uint16_t count = 1;
    std::uint8_t reserved = 0;
    std::uint32_t size = 40;
    std::uint32_t offset = 22;
};

Bytes icon(IconFields fields) {
    ByteWriter out;
    out.le16(0).le16(fields.type).le16(fields.count).u8(16).u8(16).u8(0).u8(fields.reserved);
    return out.le16(1).le16(32).le32(fields.size).le32(fields.offset).fill(40).take();
}

} // namespace

TEST_CASE("a refusal names the unsupported format", "[probe][formats]") {
    const auto names = [](const Bytes& bytes, std::string_view name) {
        check_refused({name, bytes, errc::image_unsupported_format,
                       "The bytes are " + std::string{name} + "; PNG, JPEG, GIF and TIFF are accepted"});
    };
    names(text(std::string_view{"RIFF\x20\0\0\0WEBPVP8 ", 16}), "a WebP picture");
    names(make_media_head("avif", "mif1miaf"), "an AVIF picture");
    names(make_media_head("mif1", "miafavif"), "an AVIF picture");
    names(make_media_head("heic", "mif1"), "a HEIC picture");
    names(make_media_head("mif1", "heic"), "a HEIC picture");
    names(bitmap({}), "a BMP picture");
    names(bitmap({138, 124}), "a BMP picture");
    names(icon({}), "an ICO icon");
    names(icon({2}), "a CUR mouse pointer");
    names(text("%PDF-1.7\n"), "a PDF document");
    names(text("\xef\xbb\xbf\r\n%PDF-1.7\n"), "a PDF document");
    names(text({"\0\0\0\x0cJXL \r\n\x87\n", 12}), "a JPEG XL picture");
    names(text({"\0\0\0\x0cjP  \r\n\x87\n", 12}), "a JPEG 2000 picture");
    names(text({"\xff\x4f\xff\x51\0\x2f", 6}), "a JPEG 2000 picture");
    names(text({"8BPS\0\1\0\0", 8}), "a Photoshop file");
}

TEST_CASE("an SVG is recognised behind an XML prolog", "[probe][formats]") {
    for (const std::string_view svg : {
             "<svg/>",
             "<svg xmlns='http://www.w3.org/2000/svg'>",
             "<?xml version=\"1.0\"?><svg>",
             "\xef\xbb\xbf  \r\n\t<?xml version=\"1.0\"?>\n<!-- drawn -->\n<?css here?>\n<svg\n>",
             "<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" [ <!ENTITY a \"b\"> "
             "]><svg>",
             "<draw:svg xmlns:draw='http://www.w3.org/2000/svg'>",
         })
        check_refused({svg, text(svg), errc::image_unsupported_format, "an SVG drawing"});
    for (const std::string_view other : {"<html><svg></svg></html>", "<svgx>", "<!DOCTYPE html><svg>", "svg",
                                         "<", "<!-- <svg> ", "<?xml <svg>"})
        check_refused({other, text(other), errc::image_unknown_format, "not"});
    check_refused(
        {"a long comment", text("<!--" + std::string(20'000, ' ') + "--><svg>"), errc::image_unknown_format});
}

TEST_CASE("bytes that only begin like another format have an unknown format", "[probe][formats]") {
    for (const auto& bytes :
         {text("BM, as they say, are two letters and no more than that"), bitmap({54, 41}), bitmap({20, 40}),
          bitmap({54, 40, 2}), icon({1, 0}), icon({3}), icon({1, 1, 7}), icon({1, 1, 0, 40, 21}),
          icon({1, 1, 0, 41, 22}), icon({1, 2}), text({"RIFF\x20\0\0\0WAVEfmt ", 16}),
          make_media_head("mp42", "isom"), Bytes(100), text("hello, world"), text("   "), text("PDF-1.4"),
          Bytes(100, std::byte{0xff})}) {
        const auto header = probe(bytes);
        REQUIRE_FALSE(header);
        CHECK(header.error().rule() == "image.unknown_format");
    }
}

} // namespace probe_other_formats_test
