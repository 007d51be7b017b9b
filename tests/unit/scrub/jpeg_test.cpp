#include "scrubbing.hpp"

namespace scrub_jpeg_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

Bytes segment(std::uint8_t marker, std::string_view text, const Bytes& more = {}) {
    return ByteWriter{}.u8(0xff).u8(marker).be16(2 + text.size() + more.size()).text(text).bytes(more).take();
}

const Bytes soi = ByteWriter{}.be16(0xffd8).take();
const Bytes jfif = segment(0xe0, {"JFIF\0\1\1\0\0\1\0\1\0\0", 14});
const Bytes eoi = ByteWriter{}.be16(0xffd9).take();

/// Frame header, tables and scan of a grey picture, without the end of the image.
Bytes picture() {
    const auto whole = make_jpeg(24, 16, 5);
    const std::size_t head = soi.size() + jfif.size() + 8; // 8: the comment of `make_jpeg`
    return {whole.begin() + static_cast<std::ptrdiff_t>(head), whole.end() - 2};
}

Bytes exif_segment(const Bytes& block) {
    return segment(0xe1, {"Exif\0\0", 6}, block);
}

struct Part {
    std::string_view what;
    Bytes bytes;
    MetadataKind kind;
};

const std::vector<Part> metadata{
    {"EXIF", exif_segment(make_exif(0)), MetadataKind::exif},
    {"EXIF that is upright", exif_segment(make_exif(1)), MetadataKind::exif},
    {"EXIF cut to its name", segment(0xe1, {"Exif\0", 5}), MetadataKind::exif},
    {"XMP", segment(0xe1, {"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>", 41}), MetadataKind::xmp},
    {"extended XMP", segment(0xe1, "http://ns.adobe.com/xmp/extension/ and more"), MetadataKind::xmp},
    {"another APP1", segment(0xe1, "something"), MetadataKind::application_data},
    {"IPTC", segment(0xed, {"Photoshop 3.0\08BIM\4\4", 20}), MetadataKind::iptc},
    {"another APP13", segment(0xed, "Adobe_CM"), MetadataKind::application_data},
    {"a comment", segment(0xfe, "taken at home"), MetadataKind::comment},
    {"an empty comment", segment(0xfe, ""), MetadataKind::comment},
    {"a JFXX thumbnail", segment(0xe0, {"JFXX\0\x10", 6}, make_jpeg()), MetadataKind::thumbnail},
    {"another APP0", segment(0xe0, "AVI1"), MetadataKind::application_data},
    {"MPF", segment(0xe2, {"MPF\0MM\0*", 8}), MetadataKind::extra_image},
    {"FlashPix", segment(0xe2, {"FPXR\0", 5}), MetadataKind::application_data},
    {"Ducky", segment(0xec, "Ducky"), MetadataKind::application_data},
    {"another APP14", segment(0xee, "adobe"), MetadataKind::application_data},
    {"APP11 of C2PA", segment(0xeb, "JP"), MetadataKind::application_data},
    {"APP15", segment(0xef, ""), MetadataKind::application_data},
};

} // namespace

TEST_CASE("each kind of a JPEG's metadata is removed at every place", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture(), eoi});
    for (const auto& part : metadata) {
        INFO(part.what);
        const Removed once{{part.kind, 1, part.bytes.size()}};
        const auto before = scrubbed(joined({soi, jfif, part.bytes, picture(), eoi}));
        CHECK(copy_of(before.bytes) == bare);
        CHECK(before.receipt.removed == once);
        const auto first = scrubbed(joined({soi, part.bytes, jfif, picture(), eoi}));
        CHECK(copy_of(first.bytes) == bare);
        const auto after_scan = scrubbed(joined({soi, jfif, picture(), part.bytes, eoi}));
        CHECK(copy_of(after_scan.bytes) == bare);
        CHECK(after_scan.receipt.removed == once);
        CHECK_FALSE(after_scan.receipt.orientation);
    }
}

TEST_CASE("a JPEG without metadata is returned unchanged", "[scrub][jpeg]") {
    const auto icc = segment(0xe2, {"ICC_PROFILE\0\1\1", 14}, bytes_of(make_profile()));
    const auto adobe = segment(0xee, {"Adobe\0\x64\0\0\0\0\1", 12});
    const ImageBytes bytes{joined({soi, jfif, icc, adobe, picture(), eoi})};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK(result->receipt == ScrubReceipt{});
}

TEST_CASE("a JPEG's orientation stays, alone in its EXIF block", "[scrub][jpeg]") {
    for (std::uint8_t value = 2; value <= 8; ++value) {
        INFO(int{value});
        const auto exif = exif_segment(make_exif(value, value % 2 == 0));
        const auto result = scrubbed(joined({soi, jfif, exif, segment(0xfe, "x"), picture(), eoi}));
        CHECK(copy_of(result.bytes) ==
              joined({soi, jfif, exif_segment(make_orientation(value)), picture(), eoi}));
        CHECK(result.receipt.orientation == value);
        CHECK(result.receipt.removed ==
              Removed{{MetadataKind::exif, 1, exif.size()}, {MetadataKind::comment, 1, 5}});
    }
}

TEST_CASE("the first EXIF block of a JPEG decides its orientation, further ones go", "[scrub][jpeg]") {
    const auto first = exif_segment(make_exif(3));
    const auto second = exif_segment(make_exif(6));
    const auto result = scrubbed(joined({soi, first, second, picture(), eoi}));
    CHECK(result.receipt.orientation == 3);
    CHECK(copy_of(result.bytes) == joined({soi, exif_segment(make_orientation(3)), picture(), eoi}));
    CHECK_FALSE(
        scrubbed(joined({soi, exif_segment(make_exif(1)), second, picture(), eoi})).receipt.orientation);
}

TEST_CASE("JFIF stays without its thumbnail", "[scrub][jpeg]") {
    const auto with_thumbnail = segment(0xe0, {"JFIF\0\1\1\0\0\1\0\1\1\1RGB", 17});
    const auto result = scrubbed(joined({soi, with_thumbnail, picture(), eoi}));
    CHECK(copy_of(result.bytes) == joined({soi, jfif, picture(), eoi}));
    CHECK(result.receipt.removed == Removed{{MetadataKind::thumbnail, 1, with_thumbnail.size()}});
}

TEST_CASE("bytes behind a JPEG's end are removed", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture(), eoi});
    const auto extra = scrubbed(joined({bare, make_jpeg()}));
    CHECK(copy_of(extra.bytes) == bare);
    CHECK(extra.receipt.removed == Removed{{MetadataKind::extra_image, 1, make_jpeg().size()}});
    const auto trailer = scrubbed(joined({bare, bytes_of("a trailer")}));
    CHECK(copy_of(trailer.bytes) == bare);
    CHECK(trailer.receipt.removed == Removed{{MetadataKind::trailing_data, 1, 9}});
}

TEST_CASE("stray bytes and fill bytes between a JPEG's segments are removed", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture(), eoi});
    const auto strays = scrubbed(
        joined({soi, jfif, bytes_of("stray"), segment(0xfe, ""), bytes_of("\xff\xff"), picture(), eoi}));
    CHECK(copy_of(strays.bytes) == bare);
    CHECK(strays.receipt.removed ==
          Removed{{MetadataKind::comment, 1, 4}, {MetadataKind::trailing_data, 2, 7}});
}

TEST_CASE("bytes behind a JPEG's last block are removed", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture(), eoi});
    const auto hidden = {bytes_of("SECRET"), ByteWriter{}.be16(0xff00).text("SECRET").take(), // stuffed
                         ByteWriter{}.be16(0xffd0).text("SECRET").be16(0xffd7).take(),        // restarts
                         ByteWriter{}.be16(0xff02).text("SECRET").u8(0xff).take(),    // reserved, fill
                         ByteWriter{}.be16(0xffdc).be16(10).text("SECRETS.").take()}; // lines (DNL)
    for (const auto& bytes : hidden)
        CHECK(copy_of(scrubbed(joined({soi, jfif, picture(), bytes, eoi})).bytes) == bare);
}

TEST_CASE("a JPEG's restart intervals are kept without surplus bytes", "[scrub][jpeg]") {
    // Two blocks of the grey 0 without AC, one in each interval: category 0 in four bits, one bit for the
    // end.
    const auto tables = [](const Bytes& interval) {
        const auto start = picture();
        const auto scan = std::string_view{"\xff\xda", 2};
        const ImageBytes copy{start};
        const auto header = copy.text().find(scan);
        auto narrow = start;
        narrow[8] = std::byte{16}; // its width
        narrow[6] = std::byte{8};  // its height
        narrow.resize(header + 10);
        return joined({interval, narrow});
    };
    const auto interval = ByteWriter{}.be16(0xffdd).be16(4).be16(1).take();
    const auto scan = [](std::string_view first, std::string_view second) {
        return ByteWriter{}.u8(0x07).text(first).be16(0xffd0).u8(0x07).text(second).take();
    };
    const auto bare = joined({soi, jfif, tables(interval), scan("", ""), eoi});
    CHECK(copy_of(scrubbed(bare).bytes) == bare);
    CHECK(copy_of(scrubbed(joined({soi, jfif, tables(interval), scan("SECRET", ""), eoi})).bytes) == bare);
    CHECK(copy_of(scrubbed(joined({soi, jfif, tables(interval), scan("", "SECRET"), eoi})).bytes) == bare);
    const auto longer = ByteWriter{}.be16(0xffdd).be16(10).be16(1).text("SECRET").take();
    CHECK(copy_of(scrubbed(joined({soi, jfif, tables(longer), scan("", ""), eoi})).bytes) == bare);
    const auto twice = joined({ByteWriter{}.be16(0xffdd).be16(4).text("GP").take(), interval});
    CHECK(copy_of(scrubbed(joined({soi, jfif, tables(twice), scan("", ""), eoi})).bytes) == bare);
    auto disordered = joined({soi, jfif, tables(interval), scan("", ""), eoi});
    disordered[disordered.size() - 4] = std::byte{0xd5};
    CHECK(scrub(ImageBytes{disordered}).error() == errc::image_corrupt);
}

TEST_CASE("a JPEG's segments of a fixed size keep that size", "[scrub][jpeg]") {
    const auto icc = segment(0xe2, {"ICC_PROFILE\0\1\1", 14}, bytes_of(make_profile()));
    const auto adobe = segment(0xee, {"Adobe\0\x64\0\0\0\0\1", 12});
    const auto bare = joined({soi, jfif, icc, adobe, picture(), eoi});
    const auto scrubbed_as = [&](const Bytes& jfif_part, const Bytes& icc_part, const Bytes& adobe_part) {
        return copy_of(scrubbed(joined({soi, jfif_part, icc_part, adobe_part, picture(), eoi})).bytes);
    };
    CHECK(scrubbed_as(jfif, icc, segment(0xee, {"Adobe\0\x64\0\0\0\0\1SECRET", 18})) == bare);
    CHECK(scrubbed_as(jfif, icc, segment(0xee, {"AdobeSECRET\1", 12})) == bare);
    CHECK(scrubbed_as(jfif, icc, joined({adobe, segment(0xee, {"AdobeSECRET\1", 12})})) == bare);
    CHECK(scrubbed_as(joined({jfif, segment(0xe0, {"JFIF\0SECRET...", 14})}), icc, adobe) == bare);
    CHECK(scrubbed_as(joined({segment(0xe0, {"JFIF\0SECRET", 11}), jfif}), icc, adobe) == bare);
    const auto longer = joined({bytes_of(make_profile()), bytes_of("SECRET")});
    CHECK(scrubbed_as(jfif, segment(0xe2, {"ICC_PROFILE\0\1\1", 14}, longer), adobe) == bare);
    const auto no_profile = joined({soi, jfif, adobe, picture(), eoi});
    CHECK(scrubbed_as(jfif, segment(0xe2, {"ICC_PROFILE\0\1\1SECRET", 20}), adobe) == no_profile);
    CHECK(scrubbed_as(jfif, joined({icc, icc}), adobe) == no_profile); // its segments have two orders
    const auto contradiction = joined({soi, adobe, segment(0xee, {"AdobeSECRET\2", 12}), picture(), eoi});
    CHECK(scrub(ImageBytes{contradiction}).error() == errc::image_corrupt);
}

TEST_CASE("a JPEG keeps the tables that its scans use", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture(), eoi});
    const auto unused = [](std::uint8_t marker, std::uint8_t number, std::size_t size) {
        return ByteWriter{}.be16(0xff00U | marker).be16(3 + size).u8(number).fill(size, 1).take();
    };
    const auto hidden = {unused(0xdb, 0, 64), // replaced before its use
                         unused(0xdb, 2, 64), // of no component
                         unused(0xdb, 9, 64), // of no table
                         unused(0xc4, 0x11, 32), unused(0xcc, 0, 9), unused(0xdb, 0, 3)};
    for (const auto& bytes : hidden)
        CHECK(copy_of(scrubbed(joined({soi, jfif, bytes, picture(), eoi})).bytes) == bare);
    auto longer = picture();
    const auto table = std::size_t{13}; // behind the frame header
    REQUIRE(longer[table + 1] == std::byte{0xdb});
    longer[table + 3] = std::byte{67 + 6};
    const auto secret = bytes_of("SECRET");
    longer.insert(longer.begin() + 13 + 2 + 67, secret.begin(), secret.end());
    CHECK(copy_of(scrubbed(joined({soi, jfif, longer, eoi})).bytes) == bare);
}

TEST_CASE("a truncated JPEG is scrubbed up to its end", "[scrub][jpeg]") {
    const auto bare = joined({soi, jfif, picture()});
    const auto exif = exif_segment(make_exif(6));
    const auto result = scrubbed(joined({soi, jfif, segment(0xfe, "x"), picture()}));
    CHECK(copy_of(result.bytes) == bare);
    for (std::size_t size = 0; size <= exif.size(); ++size) {
        INFO("of an EXIF segment behind the scan, " << size << " bytes are there");
        const auto cut =
            scrubbed(joined({bare, {exif.begin(), exif.begin() + static_cast<std::ptrdiff_t>(size)}}));
        CHECK(std::string_view{cut.bytes.text()}.find("Cam") == std::string_view::npos);
    }
}

TEST_CASE("a JPEG with a damaged structure is refused", "[scrub][jpeg]") {
    const auto refused = [](const Bytes& bytes) {
        const auto result = scrub(ImageBytes{bytes});
        return !result && result.error() == errc::image_corrupt;
    };
    const auto start = joined({soi, jfif, picture()});
    CHECK(refused(joined({start, soi, eoi})));                                      // a second start
    CHECK(refused(joined({start, ByteWriter{}.be16(0xfff0).be16(2).take(), eoi}))); // JPG0
    CHECK(refused(joined({start, ByteWriter{}.be16(0xffe1).be16(1).take(), eoi}))); // a length of 1
    CHECK(refused(joined({start, ByteWriter{}.be16(0xffde).be16(2).take(), eoi}))); // hierarchical
    CHECK(refused(joined({start, ByteWriter{}.be16(0xffda).be16(2).take(), eoi}))); // an empty scan header
    CHECK(refused(joined({start, picture(), eoi})));                                // a second frame header
}

} // namespace scrub_jpeg_test
