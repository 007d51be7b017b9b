#include "render/encoding.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace portrait::imaging {

namespace {

constexpr const char* srgb_profile = "srgb"; // libvips' own

/// Takes over what an encoder wrote.
ImageBytes taken_over(VipsBlob* blob) {
    const std::shared_ptr<VipsBlob> owner{blob, [](VipsBlob* owned) { vips_area_unref(VIPS_AREA(owned)); }};
    std::size_t size = 0;
    const auto* const data = static_cast<const std::byte*>(vips_blob_get(blob, &size));
    return ImageBytes{owner, std::span{data, size}};
}

vips::VOption* without_metadata(const vips::VImage& image) {
    auto* const options = vips::VImage::option()->set("strip", true);
    return image.bands() >= 3 ? options->set("profile", srgb_profile) : options;
}

} // namespace

vips::VImage displayable(vips::VImage image) {
    const auto interpretation = image.interpretation();
    if (interpretation != VIPS_INTERPRETATION_sRGB && interpretation != VIPS_INTERPRETATION_B_W)
        image = image.colourspace(interpretation == VIPS_INTERPRETATION_GREY16 ? VIPS_INTERPRETATION_B_W
                                                                               : VIPS_INTERPRETATION_sRGB);
    if (image.format() != VIPS_FORMAT_UCHAR)
        image = image.cast(VIPS_FORMAT_UCHAR, vips::VImage::option()->set("shift", true));
    const int most_bands = image.interpretation() == VIPS_INTERPRETATION_B_W ? 2 : 4;
    if (image.bands() > most_bands)
        image = image.extract_band(0, vips::VImage::option()->set("n", most_bands));
    return image;
}

ImageBytes encode(vips::VImage image, ImageFormat format, const RenderSettings& settings) {
    switch (format) {
    case ImageFormat::jpeg:
        if (image.has_alpha())
            image = image.flatten(vips::VImage::option()->set("background", 255.0));
        return taken_over(image.jpegsave_buffer(without_metadata(image)
                                                    ->set("Q", settings.jpeg_quality)
                                                    ->set("optimize_coding", true)
                                                    ->set("interlace", false)));
    case ImageFormat::png:
        return taken_over(image.pngsave_buffer(
            without_metadata(image)->set("compression", settings.png_compression)->set("interlace", false)));
    case ImageFormat::tiff:
        return taken_over(
            image.tiffsave_buffer(without_metadata(image)
                                      ->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE)
                                      ->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL)));
    case ImageFormat::gif: break;
    }
    // Not stripped: a GIF's timing is metadata to libvips, and its writer knows no other.
    return taken_over(image.gifsave_buffer(vips::VImage::option()->set("effort", settings.gif_effort)));
}

} // namespace portrait::imaging
