#include "decode/decoding.hpp"

#include "imaging/render/rendering.hpp"

#include "support/byte_writer.hpp"
#include "support/pictures.hpp"

#include <vips/vips8>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gif_canvas_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

constexpr int side = 40; // of every canvas
constexpr int red = 1;
constexpr int green = 2;
constexpr int blue = 3;
constexpr int background = 4; // yellow, which nothing is painted with

enum Disposal : std::uint8_t { unspecified = 0, keep = 1, to_background = 2, to_previous = 3 };

/// A rectangle of one colour.
struct Painted {
    int left = 0;
    int top = 0;
    int width = side;
    int height = side;
    int color = red;
    Disposal disposal = keep;
    bool transparent_corner = false; ///< its first pixel isn't painted, and so it has a transparent colour
};

void write_frame(ByteWriter& out, const Painted& frame, int delay) {
    constexpr std::uint64_t transparent = 5;
    out.u8(0x21).u8(0xF9).u8(4).u8(frame.disposal * 4U + (frame.transparent_corner ? 1U : 0U));
    out.le16(static_cast<std::uint64_t>(delay)).u8(frame.transparent_corner ? transparent : 0).u8(0);
    out.u8(0x2C).le16(static_cast<std::uint64_t>(frame.left)).le16(static_cast<std::uint64_t>(frame.top));
    out.le16(static_cast<std::uint64_t>(frame.width)).le16(static_cast<std::uint64_t>(frame.height)).u8(0);
    ByteWriter codes; // of 8 bits, as long as the dictionary is cleared (128) soon enough
    for (int pixel = 0; pixel < frame.width * frame.height; ++pixel) {
        if (pixel % 100 == 0)
            codes.u8(128);
        codes.u8(pixel == 0 && frame.transparent_corner ? transparent
                                                        : static_cast<std::uint64_t>(frame.color));
    }
    codes.u8(129);
    out.u8(7);
    for (auto left = std::span{codes.view()}; !left.empty();) {
        const auto block = left.first(std::min<std::size_t>(left.size(), 255));
        out.u8(block.size()).bytes(block);
        left = left.subspan(block.size());
    }
    out.u8(0);
}

ImageBytes animation(std::initializer_list<Painted> frames, int claimed = side) {
    ByteWriter out;
    out.text("GIF89a").le16(static_cast<std::uint64_t>(claimed)).le16(static_cast<std::uint64_t>(claimed));
    out.u8(0xF6).u8(background).u8(0); // 128 colours
    constexpr std::array colors{0x000000, 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFF00};
    for (std::size_t index = 0; index < 128; ++index) {
        const auto color = static_cast<std::uint64_t>(index < colors.size() ? colors.at(index) : 0);
        out.u8(color >> 16).u8(color >> 8).u8(color);
    }
    out.u8(0x21).u8(0xFF).u8(11).text("NETSCAPE2.0").u8(3).u8(1).le16(4).u8(0);
    int delay = 0;
    for (const auto& frame : frames)
        write_frame(out, frame, delay += 10);
    return ImageBytes{out.u8(0x3B).take()};
}

/// Its frames below each other.
vips::VImage decoded(const RenderedImage& made) {
    auto* const blob = vips_blob_copy(made.bytes.data(), made.bytes.size());
    const auto image = made.format == ImageFormat::png ? vips::VImage::pngload_buffer(blob)
                       : made.format == ImageFormat::jpeg
                           ? vips::VImage::jpegload_buffer(blob)
                           : vips::VImage::gifload_buffer(blob, vips::VImage::option()->set("n", -1));
    vips_area_unref(VIPS_AREA(blob));
    return image.copy_memory();
}

vips::VImage rendered(const ImageBytes& gif, ImageFormat format, std::uint32_t width = side) {
    const auto made = VipsRenderer{}.render(job_of(gif, {width, {}, format, Fit::inside}));
    INFO((made ? std::string{} : made.error().message() + " " + made.error().cause()));
    REQUIRE(made);
    CHECK(made->width == width);
    CHECK(made->height == width);
    return decoded(*made);
}

/// 0 where nothing is seen.
int color_at(const vips::VImage& image, int x, int y) {
    const auto sample = image.getpoint(x, y);
    if (sample.size() == 4 && sample[3] < 128)
        return 0;
    const auto is = [&](std::size_t band) { return sample.at(band) > 128; };
    return is(0) ? (is(1) ? (is(2) ? 7 : background) : red) : is(1) ? green : is(2) ? blue : 6;
}

/// The colours of a frame of an animation at (5, 5), (15, 15) and (35, 35) of 40.
std::array<int, 3> colors_of_frame(const vips::VImage& image, int frame) {
    const int width = image.width();
    const auto at = [&](int place) {
        return color_at(image, place * width / side, frame * width + place * width / side);
    };
    return {at(5), at(15), at(35)};
}

using Colors = std::array<int, 3>;

std::string text_of(const ImageBytes& bytes) {
    return std::string{bytes.text()};
}

} // namespace

TEST_CASE("canvas that no frame paints is transparent, and white in a JPEG") {
    const auto gif = animation({{10, 10, 20, 20, red}, {12, 12, 8, 8, green}});
    for (const std::uint32_t width : {40U, 20U}) {
        const auto moving = rendered(gif, ImageFormat::gif, width);
        CHECK(moving.height() == static_cast<int>(width * 2));
        CHECK(colors_of_frame(moving, 0) == Colors{0, red, 0});
        CHECK(colors_of_frame(moving, 1) == Colors{0, green, 0});
        CHECK(colors_of_frame(rendered(gif, ImageFormat::png, width), 0) == Colors{0, red, 0});
        CHECK(colors_of_frame(rendered(gif, ImageFormat::jpeg, width), 0) == Colors{7, red, 7});
    }
}

TEST_CASE("an area that a frame clears to the background is transparent") {
    const auto gif = animation({{0, 0, side, side, red, to_background},
                                {10, 10, 20, 20, green, to_background},
                                {30, 30, 10, 10, blue, keep}});
    const auto moving = rendered(gif, ImageFormat::gif);
    CHECK(moving.height() == 3 * side);
    CHECK(colors_of_frame(moving, 0) == Colors{red, red, red});
    CHECK(colors_of_frame(moving, 1) == Colors{0, green, 0});
    CHECK(colors_of_frame(moving, 2) == Colors{0, 0, blue});
}

TEST_CASE("an area cleared by a frame without a transparent colour is transparent if another frame has one") {
    const auto gif = animation({{0, 0, side, side, red, to_background},
                                {10, 10, 20, 20, green, to_background, true},
                                {30, 30, 10, 10, blue, to_background},
                                {0, 0, 10, 10, red, keep}});
    const auto moving = rendered(gif, ImageFormat::gif);
    CHECK(moving.height() == 4 * side);
    CHECK(colors_of_frame(moving, 1) == Colors{0, green, 0});
    CHECK(colors_of_frame(moving, 2) == Colors{0, 0, blue});
    CHECK(colors_of_frame(moving, 3) == Colors{red, 0, 0});
}

TEST_CASE("a first frame of disposal \"previous\" leaves a transparent canvas") {
    const auto gif = animation({{0, 0, side, side, red, to_previous},
                                {10, 10, 20, 20, green, to_previous},
                                {30, 30, 10, 10, blue, to_previous}});
    const auto moving = rendered(gif, ImageFormat::gif);
    CHECK(colors_of_frame(moving, 0) == Colors{red, red, red});
    CHECK(colors_of_frame(moving, 1) == Colors{0, green, 0});
    CHECK(colors_of_frame(moving, 2) == Colors{0, 0, blue});
}

TEST_CASE("disposals of frames that leave no canvas bare are drawn unchanged") {
    const auto gif = animation({{0, 0, side, side, red, keep},
                                {10, 10, 20, 20, green, to_previous},
                                {30, 30, 10, 10, blue, unspecified}});
    CHECK_FALSE(with_clear_canvas(gif, {{side, side}, false}));
    const auto moving = rendered(gif, ImageFormat::gif);
    CHECK(colors_of_frame(moving, 1) == Colors{red, green, red});
    CHECK(colors_of_frame(moving, 2) == Colors{red, red, blue});
}

TEST_CASE("an animation whose canvas is cleared keeps its frames, timing and loops") {
    const auto gif = animation({{0, 0, side, side, red, to_background},
                                {10, 10, 20, 20, green, to_background},
                                {0, 0, side, side, blue, to_background},
                                {10, 10, 20, 20, green, to_background}});
    for (const std::uint32_t width : {40U, 20U}) {
        const auto moving = rendered(gif, ImageFormat::gif, width);
        CHECK(moving.get_int("n-pages") == 4);
        CHECK(moving.get_array_int("delay") == std::vector<int>{100, 200, 300, 400});
        CHECK(moving.get_int("loop") == 5);
        CHECK(colors_of_frame(moving, 2) == Colors{blue, blue, blue});
        CHECK(colors_of_frame(moving, 3) == Colors{0, green, 0});
    }
}

TEST_CASE("an animation whose canvas is cleared is cropped in every frame") {
    const auto gif = animation({{10, 10, 20, 20, red, to_background}, {18, 18, 4, 4, green, to_background}});
    const auto made = VipsRenderer{}.render(job_of(gif, {40, 20, ImageFormat::gif, Fit::cover}));
    REQUIRE(made);
    CHECK(made->width == 40);
    CHECK(made->height == 20);
    const auto moving = decoded(*made);
    REQUIRE(moving.height() == 40);
    CHECK(color_at(moving, 12, 2) == red);
    CHECK(color_at(moving, 2, 2) == 0);
    CHECK(color_at(moving, 12, 22) == 0);
    CHECK(color_at(moving, 20, 30) == green);
}

TEST_CASE("a first frame that is larger than the claimed canvas makes the canvas as large") {
    const auto gif = animation({{10, 10, 30, 30, red, to_background}, {15, 15, 5, 5, green}}, 20);
    const auto moving = rendered(gif, ImageFormat::gif);
    CHECK(colors_of_frame(moving, 0) == Colors{0, red, red});
    CHECK(colors_of_frame(moving, 1) == Colors{0, green, 0});
}

TEST_CASE("a canvas that is large or of a screen's size is shown whole for every first frame") {
    for (const auto& [width, height] : {std::pair{640, 480}, std::pair{800, 600}, std::pair{3000, 40}}) {
        for (const bool transparent : {false, true}) {
            auto bytes =
                text_of(animation({{10, 10, 20, 20, red, keep, transparent}, {0, 0, 10, 10, green}}));
            for (std::size_t at = 0; at < 2; ++at) {
                bytes[6 + at] = static_cast<char>(width >> (8 * at));
                bytes[8 + at] = static_cast<char>(height >> (8 * at));
            }
            const ImageBytes gif{bytes};
            INFO(width << "x" << height);
            const auto made = VipsRenderer{}.render(job_of(gif, {{}, {}, ImageFormat::gif, Fit::inside}));
            REQUIRE(made);
            CHECK(made->width == static_cast<std::uint32_t>(width));
            CHECK(made->height == static_cast<std::uint32_t>(height));
            const auto moving = decoded(*made);
            REQUIRE(moving.height() == 2 * height);
            CHECK(color_at(moving, 15, 15) == red);
            CHECK(color_at(moving, 5, 5) == 0);
            CHECK(color_at(moving, 5, height + 5) == green);
            CHECK(color_at(moving, width - 1, 2 * height - 1) == 0);
            const auto small = VipsRenderer{}.render(job_of(gif, {64, {}, ImageFormat::png, Fit::inside}));
            REQUIRE(small);
            CHECK(small->width == 64);
            CHECK(small->height == std::lround(64.0 * height / width));
        }
    }
}

TEST_CASE("a GIF of one frame that leaves canvas bare stays one of one frame") {
    const auto gif = animation({{10, 10, 20, 20, red}});
    const auto still = rendered(gif, ImageFormat::gif);
    CHECK(still.height() == side);
    CHECK(colors_of_frame(still, 0) == Colors{0, red, 0});
}

TEST_CASE("a GIF that libvips draws correctly is left unchanged") {
    CHECK_FALSE(with_clear_canvas(ImageBytes{make_gif(50, 30)}, {{50, 30}, false}));
    // Each paints all that the one before gave back.
    const auto whole = animation({{0, 0, side, side, red, to_background},
                                  {0, 0, side, side, green, to_background},
                                  {0, 0, side, side, blue, to_background}});
    CHECK_FALSE(with_clear_canvas(whole, {{side, side}, false}));
    const auto transparent =
        animation({{0, 0, 30, 30, red, to_background, true}, {0, 0, 20, 20, green, to_background, true}});
    CHECK_FALSE(with_clear_canvas(transparent, {{side, side}, true}));
}

TEST_CASE("an animation of more frames than libvips decodes is left unchanged") {
    const auto gif = [](std::size_t frames) {
        ByteWriter out;
        out.text("GIF89a").le16(2).le16(2).u8(0x80).u8(0).u8(0).fill(6);
        for (; frames != 0; --frames)
            write_frame(out, {0, 0, 1, 1, red, to_background}, 1);
        return ImageBytes{out.u8(0x3B).take()};
    };
    CHECK(with_clear_canvas(gif(2), {{2, 2}, false}));
    CHECK_FALSE(with_clear_canvas(gif(5000), {{2, 2}, false}));
}

TEST_CASE("a truncated animation is cleared up to its end") {
    const auto gif = animation({{10, 10, 20, 20, red, to_background},
                                {0, 0, 10, 10, green, to_background},
                                {30, 30, 10, 10, blue, to_background}});
    const VipsRenderer renderer;
    int made_of = 0;
    for (std::size_t size = 0; size < gif.size(); size += 5) {
        const auto part = ImageBytes::copy_of(gif.view().first(size));
        with_clear_canvas(part, {{side, side}, false});
        const auto header = probe(part);
        if (!header)
            continue;
        for (const auto format : {ImageFormat::gif, ImageFormat::png}) {
            const auto made = renderer.render({part, *header, {20, {}, format, Fit::inside}, {}});
            INFO("cut off at " << size);
            if (!made) {
                CHECK(made.error() == failure::bad_input);
                continue;
            }
            ++made_of;
            const auto image = decoded(*made);
            CHECK(image.bands() == 4);
            CHECK(color_at(image, 1, 1) == 0);
        }
    }
    CHECK(made_of > 50);
}

} // namespace gif_canvas_test
