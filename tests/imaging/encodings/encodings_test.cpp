#include "encoding_case.hpp"

#include "../render/rendering.hpp"

#include <vips/vips8>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace encodings_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;
using portrait::testing::Bytes;

namespace {

Bytes file_of(const EncodingCase& row) {
    return row.format == "TIFF"   ? tiff_of(row)
           : row.format == "PNG"  ? png_of(row)
           : row.format == "JPEG" ? jpeg_of(row)
                                  : gif_of(row);
}

/// RGBA of 8 bits, in memory.
vips::VImage decoded(const RenderedImage& made) {
    auto* const blob = vips_blob_copy(made.bytes.data(), made.bytes.size());
    auto image = made.format == ImageFormat::png    ? vips::VImage::pngload_buffer(blob)
                 : made.format == ImageFormat::jpeg ? vips::VImage::jpegload_buffer(blob)
                                                    : vips::VImage::gifload_buffer(blob);
    vips_area_unref(VIPS_AREA(blob));
    if (image.bands() < 3) { // grey
        const auto alpha = image.bands() == 2 ? std::optional{image[1]} : std::nullopt;
        const auto grey = image[0];
        image = grey.bandjoin(grey).bandjoin(grey);
        if (alpha)
            image = image.bandjoin(*alpha);
    }
    if (image.bands() == 3)
        image = image.bandjoin_const({255});
    return image.copy_memory();
}

struct Tolerance {
    double mean;
    double most;
};

Tolerance tolerance(const EncodingCase& row, ImageFormat format) {
    const bool lossy = format == ImageFormat::jpeg || row.format == "JPEG" || row.encoding.ends_with("JPEG");
    return lossy ? Tolerance{4, 24} : Tolerance{2, 12};
}

/// The colour that a rendition of that format shows, 0 to 255; absent where it shows none for certain.
std::optional<std::array<double, 4>> shown(const Color& color, ImageFormat format) {
    const auto alpha = color.alpha;
    std::array values{color.red * 255, color.green * 255, color.blue * 255, alpha * 255};
    if (format == ImageFormat::jpeg) {
        for (std::size_t band = 0; band < 3; ++band)
            values.at(band) = values.at(band) * alpha + 255 * (1 - alpha);
        values[3] = 255;
    } else if (format == ImageFormat::gif && alpha != 0 && alpha != 1) {
        return std::nullopt; // its transparency is one bit
    }
    return values;
}

/// Compares the middle of a quadrant, two pixels off its edges.
void compare_quadrant(const vips::VImage& image, unsigned quadrant, const std::array<double, 4>& expected,
                      const Tolerance& allowed) {
    constexpr int edge = 2;
    constexpr int width = case_width / 2;
    constexpr int height = case_height / 2;
    const auto part =
        image.extract_area((quadrant % 2 != 0 ? width : 0) + edge, (quadrant / 2 != 0 ? height : 0) + edge,
                           width - 2 * edge, height - 2 * edge);
    INFO("quadrant " << quadrant);
    for (int band = 3; band >= 0; --band) {
        if (band < 3 && expected[3] == 0) // colours of transparent pixels don't count
            return;
        const auto difference = (part[band] - expected.at(static_cast<std::size_t>(band))).abs();
        INFO("band " << band << ": " << part[band].avg() << " instead of "
                     << expected.at(static_cast<std::size_t>(band)));
        CHECK(difference.avg() <= allowed.mean);
        CHECK(difference.max() <= allowed.most);
    }
}

void check_rendition(const VipsRenderer& renderer, const EncodingCase& row, const Bytes& file,
                     ImageFormat format) {
    INFO("to " << media_type(format));
    const auto header = probe(file);
    const auto made =
        renderer.render({ImageBytes::copy_of(file), *header, {{}, {}, format, Fit::inside}, {}, {}});
    INFO((made ? std::string{} : made.error().message() + ": " + made.error().cause()));
    CHECK(made);
    if (!made)
        return;
    const auto image = decoded(*made);
    CHECK(image.width() == static_cast<int>(case_width));
    CHECK(image.height() == static_cast<int>(case_height));
    for (unsigned quadrant = 0; quadrant < 4; ++quadrant)
        if (const auto expected = shown(color_of(row, quadrant), format))
            compare_quadrant(image, quadrant, *expected, tolerance(row, format));
}

} // namespace

TEST_CASE("every encoding in the guide's table is shown in its right colours, or refused by name") {
    const VipsRenderer renderer;
    const auto cases = encoding_cases();
    CHECK(cases.size() > 1000);
    for (const auto& row : cases) {
        INFO(row);
        const auto file = file_of(row);
        const auto header = probe(file);
        if (!row.is_shown) {
            REQUIRE_FALSE(header);
            const auto& error = header.error();
            CHECK((error == errc::image_unsupported_encoding || error == errc::image_unsupported_format));
            continue;
        }
        INFO((header ? std::string{} : header.error().message()));
        CHECK(header);
        if (!header)
            continue;
        CHECK(header->width == case_width);
        CHECK(header->height == case_height);
        for (const auto format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif})
            check_rendition(renderer, row, file, format);
    }
}

} // namespace encodings_test
