#include "encoding_case.hpp"

#include "../render/rendering.hpp"

#include "decode/decoding.hpp"

#include "support/byte_writer.hpp"
#include "support/pictures.hpp"
#include "support/temporary_folder.hpp"

#include <tiffio.h>
#include <vips/vips8>

#include <algorithm>
#include <array>
#include <string_view>

namespace damage_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;
using portrait::testing::Bytes;

namespace {

/// A pixel as red, green, blue and alpha.
using Pixel = std::array<int, 4>;

constexpr Pixel nothing{0, 0, 0, 0};

Pixel quadrant_pixel(unsigned quadrant) {
    const auto& color = quadrant_colors.at(quadrant);
    return {color[0], color[1], color[2], 255};
}

/// The rendition as a PNG, decoded.
vips::VImage shown(const Bytes& file, const VipsRenderer& renderer = VipsRenderer{}) {
    const auto header = probe(file);
    INFO((header ? std::string{} : header.error().message()));
    REQUIRE(header);
    const auto made = renderer.render(
        {ImageBytes::copy_of(file), *header, {{}, {}, ImageFormat::png, Fit::inside}, {}, {}});
    INFO((made ? std::string{} : made.error().message() + ": " + made.error().cause()));
    REQUIRE(made);
    auto* const blob = vips_blob_copy(made->bytes.data(), made->bytes.size());
    const auto image = vips::VImage::pngload_buffer(blob).copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    return image;
}

Pixel pixel_at(const vips::VImage& image, int x, int y) {
    const auto values = image.getpoint(x, y);
    const auto value = [&](std::size_t band) { return static_cast<int>(values.at(band)); };
    const bool grey = values.size() < 3;
    const int alpha = values.size() % 2 == 0 ? value(values.size() - 1) : 255;
    return {value(0), value(grey ? 0 : 1), value(grey ? 0 : 2), alpha};
}

bool is_like(const Pixel& one, const Pixel& other, int allowed = 3) {
    return std::equal(one.begin(), one.end(), other.begin(),
                      [allowed](int a, int b) { return std::abs(a - b) <= allowed; });
}

EncodingCase tiff_case(const char* encoding, const char* colors) {
    return {"TIFF", encoding, "8", colors, "none", "strips"};
}

/// A number of a little-endian file.
std::uint32_t number_in(const Bytes& bytes, std::size_t at, unsigned size) {
    std::uint32_t number = 0;
    for (unsigned index = size; index-- > 0;)
        number = number << 8 | std::to_integer<std::uint32_t>(bytes.at(at + index));
    return number;
}

/// The place of the first value of a field of the first directory.
std::size_t values_of(const Bytes& tiff, std::uint16_t tag) {
    const auto directory = number_in(tiff, 4, 4);
    for (auto entry = directory + 2; entry < directory + 2 + 12 * number_in(tiff, directory, 2); entry += 12)
        if (number_in(tiff, entry, 2) == tag)
            return number_in(tiff, entry + 8, 4);
    FAIL("The TIFF has no such field");
    return 0;
}

/// The TIFF with a part of its second strip at the end of the file, where the rest of the strip is missing.
Bytes with_cut_strip(Bytes tiff) {
    const auto offsets = values_of(tiff, TIFFTAG_STRIPOFFSETS);
    const auto begin = number_in(tiff, offsets + 4, 4);
    const auto size = number_in(tiff, offsets + 8, 4) - begin;
    const Bytes part(tiff.begin() + begin, tiff.begin() + begin + size * 2 / 3);
    const auto moved_to = tiff.size();
    for (unsigned index = 0; index < 4; ++index)
        tiff.at(offsets + 4 + index) = static_cast<std::byte>(moved_to >> (8 * index));
    tiff.insert(tiff.end(), part.begin(), part.end());
    return tiff;
}

template<class T>
void set(TIFF* tiff, std::uint32_t tag, T value) {
    REQUIRE(TIFFSetField(tiff, tag, value) == 1);
}

/// Where the bytes occur for the last time.
std::size_t last_of(const Bytes& bytes, std::string_view sought) {
    const auto found = std::find_end(bytes.begin(), bytes.end(), sought.begin(), sought.end(),
                                     [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
    REQUIRE(found != bytes.end());
    return static_cast<std::size_t>(found - bytes.begin());
}

/// A JPEG with a profile of libvips whose class is changed, in a segment behind SOI.
Bytes with_profile_of_class(const Bytes& jpeg, std::string_view kind) {
    VipsBlob* blob = nullptr;
    REQUIRE(vips_profile_load("p3", &blob, nullptr) == 0);
    std::size_t size = 0;
    const auto* const data = static_cast<const char*>(vips_blob_get(blob, &size));
    std::string profile{data, size};
    vips_area_unref(VIPS_AREA(blob));
    profile.replace(12, 4, kind);
    ByteWriter out;
    out.be16(0xFFD8).be16(0xFFE2).be16(2 + 14 + profile.size()).text({"ICC_PROFILE\0", 12}).u8(1).u8(1);
    return out.text(profile).bytes(std::span{jpeg}.subspan(2)).take();
}

} // namespace

TEST_CASE("a strip of a TIFF that is cut off is shown as far as it goes, and the others whole") {
    for (const auto& row : {tiff_case("none", "RGB"), tiff_case("LZW", "RGB"), tiff_case("Deflate", "grey"),
                            tiff_case("PackBits", "CMYK"), tiff_case("none", "YCbCr 1 x 1"),
                            tiff_case("LZW", "YCbCr 2 x 2"), tiff_case("JPEG", "YCbCr 2 x 2")}) {
        INFO(row);
        const auto image = shown(with_cut_strip(tiff_of(row)));
        const auto expected = [&](unsigned quadrant) {
            const auto color = color_of(row, quadrant);
            const auto level = [](double value) { return static_cast<int>(std::lround(value * 255)); };
            return Pixel{level(color.red), level(color.green), level(color.blue), 255};
        };
        CHECK(is_like(pixel_at(image, 8, 4), expected(0)));
        CHECK(is_like(pixel_at(image, 56, 4), expected(1)));
        CHECK(is_like(pixel_at(image, 8, 17), expected(0)));
        CHECK(is_like(pixel_at(image, 8, 44), expected(2)));
        CHECK(is_like(pixel_at(image, 56, 44), expected(3)));
    }
}

TEST_CASE("floating-point samples of a TIFF are shown between its smallest and largest value") {
    const TemporaryFolder folder;
    const auto path = (folder / "float.tif").string();
    auto* const tiff = TIFFOpen(path.c_str(), "w");
    REQUIRE(tiff != nullptr);
    std::array<float, 4> row{-100, 0, 100, std::numeric_limits<float>::quiet_NaN()};
    set(tiff, TIFFTAG_IMAGEWIDTH, 4);
    set(tiff, TIFFTAG_IMAGELENGTH, 1);
    set(tiff, TIFFTAG_BITSPERSAMPLE, 32);
    set(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    set(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    set(tiff, TIFFTAG_SMINSAMPLEVALUE, -100.0);
    set(tiff, TIFFTAG_SMAXSAMPLEVALUE, 100.0);
    REQUIRE(TIFFWriteScanline(tiff, row.data(), 0) == 1);
    TIFFClose(tiff);
    const auto bytes = read_picture(path);
    const auto image = shown({bytes.view().begin(), bytes.view().end()});
    CHECK(pixel_at(image, 0, 0)[0] == 0);
    CHECK(std::abs(pixel_at(image, 1, 0)[0] - 127) <= 1);
    CHECK(pixel_at(image, 2, 0)[0] == 255);
    CHECK(pixel_at(image, 3, 0)[0] == 0);
}

TEST_CASE("a PNG that is cut off or damaged shows the rows or passes before that") {
    for (const auto* const layout : {"rows", "interlaced"}) {
        INFO(layout);
        const auto whole = png_of({"PNG", "no colour chunk", "8", "RGB", "none", layout});
        const auto cut =
            Bytes{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * 7 / 10)};
        auto damaged = whole;
        damaged.at(whole.size() * 7 / 10) ^= std::byte{0x55};
        for (const auto& file : {cut, damaged}) {
            const auto image = shown(file);
            CHECK(pixel_at(image, 8, 4) == quadrant_pixel(0));
            CHECK(pixel_at(image, 56, 4) == quadrant_pixel(1));
        }
    }
}

TEST_CASE("an interlaced or cut-off PNG is shown upright by its orientation, as others are") {
    const auto whole = png_of({"PNG", "no colour chunk", "8", "RGB", "none", "rows"});
    const auto interlaced = png_of({"PNG", "no colour chunk", "8", "RGB", "none", "interlaced"});
    const Bytes cut{whole.begin(), whole.end() - 12}; // without IEND
    for (const auto& png : {whole, interlaced, cut}) {
        const auto exif =
            ByteWriter{}.text({"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", 26}).take();
        const auto chunk = make_png_chunk("eXIf", exif);
        auto turned = png;
        turned.insert(turned.begin() + 33, chunk.begin(), chunk.end()); // behind IHDR
        const auto image = shown(turned);
        REQUIRE(image.width() == static_cast<int>(case_height));
        REQUIRE(image.height() == static_cast<int>(case_width));
        CHECK(pixel_at(image, 4, 8) == quadrant_pixel(2)); // a quarter turn clockwise
        CHECK(pixel_at(image, 44, 8) == quadrant_pixel(0));
        CHECK(pixel_at(image, 44, 56) == quadrant_pixel(1));
    }
}

TEST_CASE("a GIF without data is transparent, and one with damaged data shows what comes before") {
    const auto pixel = [](std::string_view data) {
        return ByteWriter{}
            .text({"GIF89a\1\0\1\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\1\0\1\0\0", 29})
            .text(data)
            .take();
    };
    CHECK(pixel_at(shown(pixel({"\2\0;", 3})), 0, 0) == nothing);       // no data at all
    CHECK(pixel_at(shown(pixel({"\2\1\x2c\0;", 5})), 0, 0) == nothing); // clear and end
    CHECK(pixel_at(shown(pixel({"\2\2\x44\1\0;", 6})), 0, 0) == Pixel{255, 0, 0, 255});
    CHECK(pixel_at(shown(pixel({"\2\2\x4c\1\0;", 6})), 0, 0) == Pixel{0, 0, 0, 255}); // black

    auto damaged = gif_of({"GIF", "GIF89a", "8", "palette", "none", "rows"});
    for (auto at = damaged.size() / 2; at < damaged.size() / 2 + 40; ++at) // codes that nothing defines
        damaged[at] = std::byte{0xFE};
    const auto image = shown(damaged);
    CHECK(pixel_at(image, 8, 4) == quadrant_pixel(0));
    CHECK(pixel_at(image, 56, 4) == quadrant_pixel(1));
    CHECK(pixel_at(image, 8, 44) == nothing);

    const auto interlaced = gif_of({"GIF", "GIF89a", "8", "palette", "none", "interlaced"});
    const auto rows = shown(
        {interlaced.begin(), interlaced.begin() + static_cast<std::ptrdiff_t>(interlaced.size() * 3 / 4)});
    for (const auto y : {4, 11, 44}) // each row stands for those below it
        CHECK(pixel_at(rows, 8, y) == quadrant_pixel(y < 24 ? 0 : 2));
}

TEST_CASE("an animation with a damaged frame is a still of its first one") {
    auto gif = gif_of({"GIF", "GIF89a", "8", "palette", "none", "rows"});
    gif.pop_back(); // the end of the file
    auto bytes = ByteWriter{}.bytes(gif).u8(0x2C).le16(0).le16(0).le16(8).le16(8).u8(0);
    const auto file = bytes.u8(8).u8(4).text("\xfe\xfe\xfe\xfe").u8(0).u8(0x3B).take();
    const auto header = probe(file).value();
    const auto made = VipsRenderer{}.render(
        {ImageBytes::copy_of(file), header, {{}, {}, ImageFormat::gif, Fit::inside}, {}, {}});
    INFO((made ? std::string{} : made.error().message() + ": " + made.error().cause()));
    REQUIRE(made);
    CHECK(made->width == case_width);
    CHECK(made->height == case_height);
}

TEST_CASE("a progressive JPEG shows the scans before a segment that is cut off or damaged") {
    const auto whole = jpeg_of({"JPEG", "progressive", "8", "YCbCr 2 x 2", "none", "scans"});
    CHECK_FALSE(without_damaged_end(ImageBytes::copy_of(whole)));
    const auto table = last_of(whole, "\xff\xc4");
    const auto cut = Bytes{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(table + 9)};
    auto counts = whole;
    counts.at(table + 5) = std::byte{0xFF}; // of codes of one bit
    auto scan = whole;
    scan.at(last_of(whole, "\xff\xda") + 5) = std::byte{99}; // a component that isn't there
    for (const auto& file : {cut, counts, scan}) {
        const auto sound = without_damaged_end(ImageBytes::copy_of(file));
        REQUIRE(sound);
        CHECK(sound->size() < whole.size());
        const auto image = shown(file);
        for (unsigned quadrant = 0; quadrant < 4; ++quadrant)
            CHECK(is_like(pixel_at(image, quadrant % 2 != 0 ? 56 : 8, quadrant / 2 != 0 ? 44 : 4),
                          quadrant_pixel(quadrant), 12));
    }
}

TEST_CASE("a CMYK JPEG without Adobe's segment is inverted, as in browsers") {
    const auto image = shown(jpeg_of({"JPEG", "baseline", "8", "CMYK", "none", "without Adobe's segment"}));
    for (unsigned quadrant = 0; quadrant < 4; ++quadrant)
        CHECK(is_like(pixel_at(image, quadrant % 2 != 0 ? 56 : 8, quadrant / 2 != 0 ? 44 : 4),
                      quadrant_pixel(quadrant), 6));
}

TEST_CASE("a profile that can't be used is ignored and reported once") {
    int reports = 0;
    const VipsRenderer renderer{{.on_unusable_profile = [&](std::string_view reason) {
        CHECK_FALSE(reason.empty());
        ++reports;
    }}};
    const auto plain = jpeg_of({"JPEG", "baseline", "8", "YCbCr 1 x 1", "none", "scans"});
    const auto profiled = shown(with_profile_of_class(plain, "mntr"), renderer);
    CHECK(reports == 0);
    CHECK_FALSE(is_like(pixel_at(profiled, 8, 4), quadrant_pixel(0)));
    for (const auto* const kind : {"link", "nmcl", "link"}) {
        INFO(kind);
        const auto image = shown(with_profile_of_class(plain, kind), renderer);
        CHECK(is_like(pixel_at(image, 8, 4), quadrant_pixel(0)));
        CHECK(is_like(pixel_at(image, 56, 44), quadrant_pixel(3)));
    }
    CHECK(reports == 1);
}

} // namespace damage_test
