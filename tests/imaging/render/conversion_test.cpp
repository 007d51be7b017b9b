#include "decode/heif_colors.hpp"
#include "imaging/render/rendering.hpp"

#include <portrait/imaging/process_renderer.hpp>
#include <portrait/imaging/render_pool.hpp>
#include <portrait/testing/pictures.hpp>

#include <vips/vips8>

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <memory>
#include <string>
#include <vector>

/// The encoder of the tests' HEIC pictures forgets some bytes of its own.
extern "C" const char*
__lsan_default_suppressions() { // NOLINT(bugprone-reserved-identifier): LeakSanitizer's
    return "leak:libx265\nleak:libdav1d\nleak:libaom";
}

namespace conversion_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

constexpr ConvertibleFormats all_of_them{ConvertibleFormat::webp, ConvertibleFormat::heic,
                                         ConvertibleFormat::avif};
constexpr int width = 64;
constexpr int height = 48;

using Colors = std::vector<std::vector<double>>;
/// Of the quadrants: top left and right, bottom left and right.
const Colors quadrants{{200, 40, 40}, {40, 180, 60}, {50, 60, 200}, {230, 220, 120}};

vips::VImage of_one_color(const std::vector<double>& color) {
    return vips::VImage::black(width / 2, height / 2)
        .new_from_image(color)
        .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

vips::VImage picture() {
    const auto top = of_one_color(quadrants[0]).join(of_one_color(quadrants[1]), VIPS_DIRECTION_HORIZONTAL);
    const auto bottom =
        of_one_color(quadrants[2]).join(of_one_color(quadrants[3]), VIPS_DIRECTION_HORIZONTAL);
    return top.join(bottom, VIPS_DIRECTION_VERTICAL);
}

ImageBytes owned(VipsBlob* blob) {
    std::size_t size = 0;
    const auto* const data = static_cast<const std::byte*>(vips_blob_get(blob, &size));
    ImageBytes bytes{std::vector<std::byte>{data, data + size}};
    vips_area_unref(VIPS_AREA(blob));
    return bytes;
}

ImageBytes webp(const vips::VImage& image) {
    return owned(image.webpsave_buffer(vips::VImage::option()->set("lossless", true)));
}

ImageBytes heif(const vips::VImage& image, VipsForeignHeifCompression compression, int bits = 8) {
    return owned(image.heifsave_buffer(
        vips::VImage::option()->set("compression", compression)->set("Q", 95)->set("bitdepth", bits)));
}

/// The picture with other colour codes in its container.
ImageBytes with_codes(const ImageBytes& heif, std::size_t primaries, std::size_t transfer) {
    std::string bytes{heif.text()};
    const auto at = bytes.find("nclx");
    REQUIRE(at != std::string::npos);
    bytes[at + 5] = static_cast<char>(primaries);
    bytes[at + 7] = static_cast<char>(transfer);
    return ImageBytes{std::move(bytes)};
}

UploadedImage upload_of(ImageBytes bytes) {
    const auto format = convertible_format(bytes);
    REQUIRE(format);
    return {.bytes = std::move(bytes), .format = *format};
}

result<void> admitted(const DecodingCost&) {
    return {};
}

RenderedImage converted(const BoundedRenderer& renderer, ImageBytes bytes) {
    const auto made = renderer.convert(upload_of(std::move(bytes)), {}, admitted);
    INFO((made ? std::string{} : made.error().message() + made.error().cause()));
    REQUIRE(made);
    const auto header = probe(made->bytes);
    REQUIRE(header);
    CHECK(header->format == made->format);
    CHECK(header->width == made->width);
    CHECK(header->height == made->height);
    return *made;
}

std::string to_text(const ImageBytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The colours in the middle of the quadrants.
Colors colors_in(const RenderedImage& made) {
    auto* const blob = vips_blob_copy(made.bytes.data(), made.bytes.size());
    const auto image = vips::VImage::new_from_buffer(blob->area.data, made.bytes.size(), "").copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    Colors colors;
    for (const int y : {1, 3})
        for (const int x : {1, 3})
            colors.push_back(image.getpoint(image.width() * x / 4, image.height() * y / 4));
    return colors;
}

double largest_difference(const Colors& some, const Colors& others) {
    double largest = 0;
    for (std::size_t quadrant = 0; quadrant < some.size(); ++quadrant)
        for (std::size_t band = 0; band < 3; ++band)
            largest = std::max(largest, std::abs(some[quadrant].at(band) - others[quadrant].at(band)));
    return largest;
}

constexpr double tolerance = 12;

} // namespace

TEST_CASE("a WebP, HEIC or AVIF picture becomes a JPEG of its colours and size") {
    const bool in_process = GENERATE(true, false);
    std::unique_ptr<const BoundedRenderer> renderer;
    if (in_process)
        renderer = std::make_unique<VipsRenderer>(RenderSettings{.convertible = all_of_them});
    else
        renderer = std::make_unique<ProcessRenderer>(RenderSettings{.convertible = all_of_them});
    CHECK(renderer->convertible().contains(ConvertibleFormat::avif));
    const auto image = picture();
    const std::array uploads{webp(image), owned(image.webpsave_buffer(vips::VImage::option()->set("Q", 95))),
                             heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC),
                             heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, 10),
                             heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_AV1)};
    for (const auto& upload : uploads) {
        INFO(name_of(*convertible_format(upload)) << ", " << upload.size() << " bytes");
        const auto made = converted(*renderer, upload);
        CHECK(made.format == ImageFormat::jpeg);
        CHECK(made.width == width);
        CHECK(made.height == height);
        CHECK(largest_difference(colors_in(made), quadrants) <= tolerance);
    }
}

TEST_CASE("a converted picture with alpha becomes a PNG with its alpha") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    const auto image = picture().bandjoin(128);
    for (const auto& upload : {webp(image), heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC),
                               heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_AV1)}) {
        const auto made = converted(renderer, upload);
        CHECK(made.format == ImageFormat::png);
        const auto colors = colors_in(made);
        CHECK(largest_difference(colors, quadrants) <= tolerance);
        CHECK(std::abs(colors.front().at(3) - 128) <= 3);
    }
}

TEST_CASE("a converted picture is upright, in sRGB, and without metadata") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    auto image = picture();
    image.set(VIPS_META_ORIENTATION, 6); // to be turned to the right
    image.set("exif-ifd0-Artist", "Secret (Secret, ASCII, 7 components, 7 bytes)");
    const auto turned = converted(renderer, webp(image));
    CHECK(turned.width == height);
    CHECK(turned.height == width);
    CHECK(largest_difference(colors_in(turned), {quadrants[2], quadrants[0], quadrants[3], quadrants[1]}) <=
          tolerance);
    CHECK(to_text(turned.bytes).find("Secret") == std::string::npos);

    // A HEIC picture's EXIF orientation says nothing: its own boxes turn it.
    const auto unturned = converted(renderer, heif(image, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC));
    CHECK(unturned.width == width);
    CHECK(largest_difference(colors_in(unturned), quadrants) <= tolerance);
    CHECK(to_text(unturned.bytes).find("Secret") == std::string::npos);

    const auto wide = picture().icc_transform("p3", vips::VImage::option()->set("input_profile", "srgb"));
    for (const auto& upload : {webp(wide), heif(wide, VIPS_FOREIGN_HEIF_COMPRESSION_HEVC),
                               heif(wide, VIPS_FOREIGN_HEIF_COMPRESSION_AV1)}) {
        const auto made = converted(renderer, upload);
        CHECK(largest_difference(colors_in(made), quadrants) <= tolerance);
        CHECK(to_text(made.bytes).find("ICC_PROFILE") == std::string::npos);
    }
}

TEST_CASE("colour codes of an AVIF picture count as in browsers") {
    struct Row {
        std::size_t primaries;
        std::size_t transfer;
        const char* profile; ///< of the same colours
    };
    const auto [primaries, transfer, profile] =
        GENERATE(Row{1, 13, "srgb"}, Row{2, 2, "srgb"}, Row{1, 1, "srgb"}, Row{2, 6, "srgb"},
                 Row{12, 13, "p3"}, Row{12, 2, "p3"}, Row{12, 14, "p3"});
    INFO("primaries " << primaries << ", transfer " << transfer);
    const VipsRenderer renderer{{.convertible = all_of_them}};
    const auto shown = picture().icc_transform("srgb", vips::VImage::option()->set("input_profile", profile));
    Colors expected;
    for (const int y : {1, 3})
        for (const int x : {1, 3})
            expected.push_back(shown.getpoint(width * x / 4, height * y / 4));
    const auto made = converted(
        renderer, with_codes(heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1), primaries, transfer));
    CHECK(largest_difference(colors_in(made), expected) <= tolerance);
}

TEST_CASE("an AVIF picture of high dynamic range is refused by name") {
    const std::size_t transfer = GENERATE(16, 18);
    const VipsRenderer renderer{{.convertible = all_of_them}};
    const auto bytes = with_codes(heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1), 9, transfer);
    const auto made = renderer.convert(upload_of(bytes), {}, admitted);
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::image_unsupported_encoding);
    CHECK_THAT(made.error().message(), Catch::Contains("high dynamic range"));
}

TEST_CASE("no colour codes are found in what has none, or is cut off or damaged") {
    const auto whole = heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1);
    REQUIRE(heif_color_codes(whole.view()));
    CHECK_FALSE(has_multiplied_colors(whole.view()));
    CHECK_FALSE(heif_color_codes(webp(picture()).view()));
    CHECK_FALSE(heif_color_codes({}));
    std::size_t found = 0;
    for (std::size_t size = 0; size < whole.size(); ++size)
        found += heif_color_codes(whole.view().first(size)) ? 1U : 0U;
    CHECK(found < whole.size() / 2);
    std::vector<std::byte> bytes{whole.view().begin(), whole.view().end()};
    for (auto& byte : bytes) { // sizes of boxes among them
        const auto good = byte;
        for (const int bad : {0x00, 0x01, 0xff}) {
            byte = std::byte(bad);
            static_cast<void>(heif_color_codes(bytes));
            static_cast<void>(has_multiplied_colors(bytes));
        }
        byte = good;
    }
}

TEST_CASE("of an animation the first frame is kept") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    auto frames = picture().join(picture().invert(), VIPS_DIRECTION_VERTICAL).copy();
    frames.set(VIPS_META_PAGE_HEIGHT, height);
    frames.set("delay", std::vector<int>{100, 100});
    const auto made = converted(renderer, webp(frames));
    CHECK(made.height == height);
    CHECK(largest_difference(colors_in(made), quadrants) <= tolerance);
}

TEST_CASE("limits are applied to a conversion before it decodes") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    auto upload = upload_of(GENERATE(webp(picture()), heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1)));
    bool asked = false;
    const auto refused = [&](const Limits& limits) {
        upload.limits = limits;
        const auto made = renderer.convert(upload, {}, [&](const DecodingCost&) -> result<void> {
            asked = true;
            return {};
        });
        REQUIRE_FALSE(made);
        return made.error();
    };
    CHECK(refused({.max_bytes = 10}) == errc::image_too_many_bytes);
    CHECK(refused({.max_pixels = width * height - 1}) == errc::image_too_many_pixels);
    CHECK(refused({.max_width = width - 1}) == errc::image_too_wide);
    CHECK(refused({.max_height = height - 1}) == errc::image_too_high);
    const VipsRenderer small{{.max_decoded_bytes = 1000, .convertible = all_of_them}};
    upload.limits = {};
    CHECK(small.convert(upload, {}, admitted).error() == errc::rendition_too_costly);
    CHECK_FALSE(asked);
}

TEST_CASE("a conversion that takes more bytes than are accepted says so") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    auto upload = upload_of(webp(picture()));
    upload.limits.max_bytes = upload.bytes.size();
    const auto made = renderer.convert(upload, {}, admitted);
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::image_too_many_bytes);
    CHECK_THAT(made.error().message(), Catch::StartsWith("Converted to image/jpeg, the picture has "));
    CHECK(made.error().limit() == upload.limits.max_bytes);
}

TEST_CASE("damaged pictures of the convertible formats are refused") {
    const VipsRenderer renderer{{.convertible = all_of_them}};
    for (const auto& whole : {webp(picture()), heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_HEVC),
                              heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1)}) {
        int refused = 0;
        for (std::size_t size = 16; size < whole.size(); size += 1 + whole.size() / 40) {
            const auto part = whole.view().first(size);
            const auto made = renderer.convert(
                upload_of(ImageBytes{std::vector<std::byte>{part.begin(), part.end()}}), {}, admitted);
            refused += made ? 0 : 1;
            if (!made)
                CHECK(made.error() == errc::image_corrupt);
        }
        CHECK(refused > 10);
    }
}

TEST_CASE("a format that isn't switched on is not converted") {
    const VipsRenderer renderer{{.convertible = {ConvertibleFormat::webp}}};
    const auto made =
        renderer.convert(upload_of(heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_AV1)), {}, admitted);
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_not_supported);
}

TEST_CASE("the pool converts uploads for the stage in front of the service") {
    const RenderPool pool{
        std::make_shared<VipsRenderer>(RenderSettings{.convertible = {ConvertibleFormat::webp}})};
    const auto picture_to_save = convert_upload(&pool, webp(picture()), Limits{});
    REQUIRE(picture_to_save.has_value());
    CHECK(probe(*picture_to_save)->format == ImageFormat::jpeg);
    const auto refused = convert_upload(&pool, heif(picture(), VIPS_FOREIGN_HEIF_COMPRESSION_HEVC), Limits{});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == errc::image_unsupported_format);
    const auto png = bytes_of(make_png(3, 2));
    CHECK(convert_upload(&pool, png, Limits{})->data() == png.data());
    CHECK(pool.statistics().rendered == 1);
}

} // namespace conversion_test
