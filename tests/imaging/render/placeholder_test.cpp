#include "rendering.hpp"

#include <vips/vips8>

#include <set>

namespace placeholder_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

vips::VImage decoded(const RenderedImage& made) {
    auto* const blob = vips_blob_copy(made.bytes.data(), made.bytes.size());
    const auto image = made.format == ImageFormat::png    ? vips::VImage::pngload_buffer(blob)
                       : made.format == ImageFormat::jpeg ? vips::VImage::jpegload_buffer(blob)
                                                          : vips::VImage::gifload_buffer(blob);
    vips_area_unref(VIPS_AREA(blob));
    return image;
}

} // namespace

TEST_CASE("each placeholder is drawn in the requested size and type, and each differs") {
    const VipsRenderer renderer;
    std::set<std::string> drawn;
    for (const auto kind : {Placeholder::standard, Placeholder::no_photo, Placeholder::no_photo_with_border,
                            Placeholder::generic_file_icon}) {
        for (const auto format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif}) {
            const auto made = renderer.placeholder(kind, {90, 60, format, Fit::inside});
            REQUIRE(made);
            CHECK(made->width == 60);
            CHECK(made->height == 60);
            const auto header = probe(made->bytes);
            REQUIRE(header);
            CHECK(header->format == format);
            CHECK(header->width == 60);
            CHECK(header->height == 60);
            CHECK(drawn.insert(std::string{made->bytes.text()}).second);
        }
    }
}

TEST_CASE("a placeholder without a size is a PNG of 128 pixels") {
    const auto made = VipsRenderer{}.placeholder(Placeholder::standard, {});
    REQUIRE(made);
    CHECK(made->format == ImageFormat::png);
    CHECK(made->width == 128);
    CHECK(made->height == 128);
}

TEST_CASE("the clear pixel is one transparent pixel whatever the size") {
    const auto made = VipsRenderer{}.placeholder(Placeholder::clear_pixel, {500, 500, {}, Fit::inside});
    REQUIRE(made);
    const auto image = decoded(*made);
    CHECK(image.width() == 1);
    CHECK(image.height() == 1);
    REQUIRE(image.has_alpha());
    CHECK(image.getpoint(0, 0).back() == 0);
}

TEST_CASE("a large placeholder has edges of a pixel, not of an enlarged drawing") {
    constexpr std::uint32_t side = 1024;
    const auto made =
        VipsRenderer{}.placeholder(Placeholder::no_photo_with_border, {side, side, {}, Fit::inside});
    REQUIRE(made);
    const auto image = decoded(*made);
    // Down the middle of the left border and into the ground: the colour changes within two pixels.
    int changing = 0;
    for (int x = 1; x < 64; ++x)
        changing += image.getpoint(x, side / 2)[0] != image.getpoint(x - 1, side / 2)[0] ? 1 : 0;
    CHECK(changing >= 1);
    CHECK(changing <= 2);
}

} // namespace placeholder_test
