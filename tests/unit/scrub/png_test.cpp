#include "scrubbing.hpp"

namespace scrub_png_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

constexpr std::ptrdiff_t header_end = 33;

const Bytes whole = make_png(5, 4);
const Bytes head{whole.begin(), whole.begin() + header_end};
const Bytes data{whole.begin() + header_end, whole.end() - 12};
const Bytes end = make_png_chunk("IEND");

Bytes chunk(std::string_view name, std::string_view text) {
    return make_png_chunk(name, bytes_of(text));
}

struct Part {
    Bytes bytes;
    MetadataKind kind;
};

const std::vector<Part> metadata{
    {chunk("tEXt", {"Comment\0home", 12}), MetadataKind::text},
    {chunk("zTXt", {"Comment\0\0x", 10}), MetadataKind::text},
    {chunk("iTXt", {"Title\0\0\0\0\0x", 11}), MetadataKind::text},
    {chunk("iTXt", {"XML:com.adobe.xmp\0\0\0\0\0<x/>", 26}), MetadataKind::xmp},
    {chunk("zTXt", {"Raw profile type exif\0\0", 23}), MetadataKind::exif},
    {chunk("tEXt", {"Raw profile type APP1\0", 22}), MetadataKind::exif},
    {chunk("zTXt", {"Raw profile type xmp\0\0", 22}), MetadataKind::xmp},
    {chunk("zTXt", {"Raw profile type iptc\0\0", 23}), MetadataKind::iptc},
    {chunk("tIME", {"\x07\xe9\1\1\1\1\1", 7}), MetadataKind::time},
    {make_png_chunk("eXIf", make_exif(0)), MetadataKind::exif},
    {make_png_chunk("eXIf", make_exif(1)), MetadataKind::exif},
    {chunk("caBX", "c2pa"), MetadataKind::application_data},
    {chunk("iDOT", "x"), MetadataKind::application_data},
    {chunk("sPLT", "x"), MetadataKind::application_data},
    {chunk("abCd", ""), MetadataKind::application_data},
};

} // namespace

TEST_CASE("each kind of a PNG's metadata is removed at every place", "[scrub][png]") {
    for (const auto& part : metadata) {
        INFO(std::string(reinterpret_cast<const char*>(part.bytes.data()) + 4, 4));
        const Removed once{{part.kind, 1, part.bytes.size()}};
        const auto before = scrubbed(joined({head, part.bytes, data, end}));
        CHECK(copy_of(before.bytes) == whole);
        CHECK(before.receipt.removed == once);
        const auto after = scrubbed(joined({head, data, part.bytes, end}));
        CHECK(copy_of(after.bytes) == whole);
        CHECK(after.receipt.removed == once);
    }
}

TEST_CASE("a PNG keeps the chunks for its appearance", "[scrub][png]") {
    Bytes picture = head;
    for (const auto* name : {"gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs",
                             "tRNS", "acTL", "fcTL"}) {
        const auto kept = chunk(name, "what it says");
        picture.insert(picture.end(), kept.begin(), kept.end());
    }
    const ImageBytes bytes{joined({picture, data, chunk("fdAT", "x"), end})};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK(result->receipt == ScrubReceipt{});
}

TEST_CASE("a PNG's orientation stays, alone in its eXIf chunk", "[scrub][png]") {
    for (std::uint8_t value = 2; value <= 8; ++value) {
        INFO(int{value});
        const auto exif = make_png_chunk("eXIf", make_exif(value, value % 2 == 0));
        const auto result = scrubbed(joined({head, exif, data, exif, end}));
        CHECK(copy_of(result.bytes) ==
              joined({head, make_png_chunk("eXIf", make_orientation(value)), data, end}));
        CHECK(result.receipt.orientation == value);
        CHECK(result.receipt.removed == Removed{{MetadataKind::exif, 2, 2 * exif.size()}});
    }
}

TEST_CASE("bytes behind a PNG's end are removed", "[scrub][png]") {
    const auto result = scrubbed(joined({whole, bytes_of("PK\3\4 and more")}));
    CHECK(copy_of(result.bytes) == whole);
    CHECK(result.receipt.removed == Removed{{MetadataKind::trailing_data, 1, 13}});
}

TEST_CASE("a truncated PNG is scrubbed up to its end", "[scrub][png]") {
    const auto text = chunk("tEXt", {"Comment\0home", 12});
    const auto picture = joined({head, data});
    for (std::size_t size = 0; size <= text.size(); ++size) {
        INFO("of a tEXt chunk behind the pixels, " << size << " bytes are there");
        const auto cut =
            scrubbed(joined({picture, {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size)}}));
        CHECK(copy_of(cut.bytes) == picture);
    }
    const Bytes in_pixels{picture.begin(), picture.end() - 10};
    CHECK(copy_of(scrubbed(in_pixels).bytes) == in_pixels);
}

TEST_CASE("a PNG with a damaged structure is refused", "[scrub][png]") {
    const auto refused = [](const Bytes& bytes) {
        const auto result = scrub(ImageBytes{bytes});
        return !result && result.error() == errc::image_corrupt;
    };
    CHECK(refused(joined({head, data, chunk("ABCD", "critical and unknown"), end})));
    CHECK(refused(joined({head, data, bytes_of("twelve bytes"), end})));
    CHECK(refused(joined({head, data, ByteWriter{}.be32(0x80000000).text("tEXt").take(), end})));
}

} // namespace scrub_png_test
