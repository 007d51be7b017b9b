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

Bytes number_of_frames(std::uint32_t frames) {
    return ByteWriter{}.be32(frames).be32(0).take();
}

Bytes frame_control(std::uint32_t number) {
    ByteWriter out;
    out.be32(number).be32(5).be32(4).be32(0).be32(0).be16(1).be16(10).u8(0).u8(0);
    return make_png_chunk("fcTL", out.view());
}

Bytes profile_chunk(std::string_view name, std::string_view surplus = {}) {
    const auto profile = make_profile();
    ByteWriter out;
    out.text(name).u8(0).u8(0);
    out.be16(0x7801).u8(1).le16(profile.size()).le16(~profile.size()).text(profile).be32(0);
    return make_png_chunk("iCCP", out.text(surplus).view());
}

/// Of chunks that affect the appearance of a true-colour picture.
constexpr std::pair<std::string_view, std::size_t> sizes[]{
    {"gAMA", 4}, {"cHRM", 32}, {"sRGB", 1}, {"cICP", 4}, {"mDCV", 24},
    {"cLLI", 8}, {"sBIT", 3},  {"bKGD", 6}, {"pHYs", 9}, {"tRNS", 6}};

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
    {chunk("hIST", "x"), MetadataKind::application_data},
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
    for (const auto& [name, size] : sizes)
        picture = joined({picture, make_png_chunk(name, Bytes(size))});
    picture = joined(
        {picture, profile_chunk("icc"), make_png_chunk("acTL", number_of_frames(1)), frame_control(0)});
    const ImageBytes bytes{joined({picture, data, end})};
    const auto result = scrub(bytes);
    REQUIRE(result.has_value());
    CHECK(result->bytes.data() == bytes.data());
    CHECK(result->receipt == ScrubReceipt{});
}

TEST_CASE("a PNG's chunks of a wrong size, place or checksum are removed", "[scrub][png]") {
    for (const auto& [name, size] : sizes) {
        INFO(name);
        const auto right = make_png_chunk(name, Bytes(size));
        const auto bare = joined({head, right, data, end});
        auto long_data = Bytes(size);
        long_data = joined({long_data, bytes_of("SECRET")});
        const auto longer = make_png_chunk(name, long_data);
        auto unchecked = right;
        unchecked.back() ^= std::byte{1};
        CHECK(copy_of(scrubbed(joined({head, longer, right, data, end})).bytes) == bare);
        CHECK(copy_of(scrubbed(joined({head, unchecked, right, data, end})).bytes) == bare);
        CHECK(copy_of(scrubbed(joined({head, right, right, data, end})).bytes) == bare);
        CHECK(copy_of(scrubbed(joined({head, right, data, right, end})).bytes) == bare);
    }
    CHECK(copy_of(scrubbed(joined({head, data, chunk("IEND", "SECRET")})).bytes) == whole);
    CHECK(copy_of(scrubbed(joined({head, chunk("PLTE", "SECRET"), data, end})).bytes) == whole);
    CHECK(copy_of(scrubbed(joined({head, chunk("fcTL", "SECRET"), data, chunk("fdAT", "x"), end})).bytes) ==
          whole);
    auto unchecked = data;
    unchecked.back() ^= std::byte{1};
    CHECK(copy_of(scrubbed(joined({head, unchecked, end})).bytes) == whole);
}

TEST_CASE("a PNG's profile stays under another name, without surplus bytes", "[scrub][png]") {
    const auto bare = joined({head, profile_chunk("icc"), data, end});
    CHECK(copy_of(scrubbed(joined({head, profile_chunk("taken at home"), data, end})).bytes) == bare);
    CHECK(copy_of(scrubbed(joined({head, profile_chunk("icc", "SECRET"), data, end})).bytes) == bare);
    CHECK(copy_of(scrubbed(joined({head, chunk("iCCP", {"icc\0\0SECRET", 11}), data, end})).bytes) == whole);
}

TEST_CASE("bytes behind a PNG's compressed rows are removed", "[scrub][png]") {
    const Bytes stream{data.begin() + 8, data.end() - 4};
    const auto with = [&](std::initializer_list<Bytes> chunks) {
        return joined({head, joined(chunks), end});
    };
    CHECK(copy_of(scrubbed(with({data, chunk("IDAT", "SECRET")})).bytes) == whole);
    CHECK(copy_of(scrubbed(with({make_png_chunk("IDAT", joined({stream, bytes_of("SECRET")}))})).bytes) ==
          whole);
    // Within the stream, too, but that can't be cut without compressing again.
    auto second_block = stream;
    second_block[2] = std::byte{0};
    second_block.resize(second_block.size() - 4);
    const auto surplus = ByteWriter{}.u8(1).le16(6).le16(0xfff9).text("SECRET").be32(0).take();
    const auto refused = scrub(ImageBytes{with({make_png_chunk("IDAT", joined({second_block, surplus}))})});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == errc::image_corrupt);
}

TEST_CASE("the frames of an animated PNG are kept without surplus bytes", "[scrub][png]") {
    const Bytes stream{data.begin() + 8, data.end() - 4};
    const auto frame_data = [&](std::uint32_t number, std::string_view surplus) {
        return make_png_chunk("fdAT", ByteWriter{}.be32(number).bytes(stream).text(surplus).take());
    };
    const auto animation = [&](std::string_view surplus, const Bytes& more) {
        return joined({head, make_png_chunk("acTL", number_of_frames(2)), frame_control(0), data,
                       frame_control(1), frame_data(2, surplus), more, end});
    };
    const auto bare = animation("", {});
    CHECK(copy_of(scrubbed(bare).bytes) == bare);
    CHECK(copy_of(scrubbed(animation("SECRET", {})).bytes) == bare);
    // A third frame isn't shown.
    CHECK(copy_of(scrubbed(animation("", joined({frame_control(3), frame_data(4, "")}))).bytes) == bare);
    const auto damaged = scrub(ImageBytes{animation("", chunk("fdAT", "SECRET"))});
    REQUIRE_FALSE(damaged.has_value());
    CHECK(damaged.error() == errc::image_corrupt);
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
