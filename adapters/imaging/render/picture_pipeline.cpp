#include "render/rendering.hpp"

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

constexpr const char* srgb_profile = "srgb"; // libvips' own

/// Owns the output of an encoder.
ImageBytes owned_bytes(VipsBlob* blob) {
    const std::shared_ptr<VipsBlob> owner{blob, [](VipsBlob* owned) { vips_area_unref(VIPS_AREA(owned)); }};
    std::size_t size = 0;
    const auto* const data = static_cast<const std::byte*>(vips_blob_get(blob, &size));
    return ImageBytes{owner, std::span{data, size}};
}

vips::VOption* without_metadata(const vips::VImage& image) {
    auto* const options = vips::VImage::option()->set("strip", true);
    return image.bands() >= 3 ? options->set("profile", srgb_profile) : options;
}

/// As 8-bit grey or sRGB with at most an alpha, which the encoders require.
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

/// Resizes exactly to that size, each frame of an animation. Colours of transparent pixels stay invisible.
vips::VImage resized(const vips::VImage& image, const Size& size) {
    const auto stored = stored_size(image);
    if (stored == size)
        return image;
    const int frames = image.height() / static_cast<int>(stored.height);
    auto* const options =
        vips::VImage::option()->set("vscale", static_cast<double>(size.height) / stored.height);
    const auto across = static_cast<double>(size.width) / stored.width;
    auto result = image.has_alpha()
                      ? image.premultiply().resize(across, options).unpremultiply().cast(image.format())
                      : image.resize(across, options);
    if (frames > 1) {
        result = result.copy();
        result.set(VIPS_META_PAGE_HEIGHT, static_cast<int>(size.height));
    }
    return result;
}

bool has_usable_profile(const vips::VImage& image) {
    if (image.get_typeof(VIPS_META_ICC_NAME) == 0)
        return false;
    std::size_t size = 0;
    const auto* const profile = image.get_blob(VIPS_META_ICC_NAME, &size);
    return vips_icc_is_compatible_profile(image.get_image(), profile, size) != 0;
}

/// Converts by the embedded profile, or by libvips' own for CMYK without one. Ignores a profile that doesn't
/// fit the picture's colours, as browsers do.
vips::VImage in_srgb(const vips::VImage& image) {
    const bool profiled = has_usable_profile(image);
    const auto interpretation = image.interpretation();
    if (interpretation == VIPS_INTERPRETATION_CMYK)
        return image.icc_transform(srgb_profile, profiled
                                                     ? vips::VImage::option()->set("embedded", true)
                                                     : vips::VImage::option()->set("input_profile", "cmyk"));
    if (profiled && interpretation != VIPS_INTERPRETATION_LAB && interpretation != VIPS_INTERPRETATION_LABS)
        return image.icc_transform(srgb_profile, vips::VImage::option()->set("embedded", true));
    return image;
}

/// Crops each frame to its middle part.
vips::VImage cropped(const vips::VImage& image, const Size& size) {
    const auto whole = stored_size(image);
    if (whole == size)
        return image;
    const int left = static_cast<int>(whole.width - size.width) / 2;
    const int top = static_cast<int>(whole.height - size.height) / 2;
    const int frames = image.height() / static_cast<int>(whole.height);
    std::vector<vips::VImage> kept;
    kept.reserve(static_cast<std::size_t>(frames));
    for (int frame = 0; frame < frames; ++frame)
        kept.push_back(image.extract_area(left, frame * static_cast<int>(whole.height) + top,
                                          static_cast<int>(size.width), static_cast<int>(size.height)));
    return joined(kept);
}

} // namespace

vips::VImage scaled_upright(const RenderImage& job, const OpenedPicture& opened, const RenderWatch& watch) {
    const auto target = target_of(job, opened.head);
    auto image = watch.guarded(open_pixels(job, opened, reduction_on_load(job, opened.head)));
    if (image.coding() != VIPS_CODING_NONE) { // packed Lab, which can't be resized
        image = image.colourspace(VIPS_INTERPRETATION_sRGB).copy();
        image.remove(VIPS_META_ICC_NAME);
    }
    image = displayable(in_srgb(resized(image, turned(target.scaled, opened.head))));
    if (vips_image_get_orientation(image.get_image()) != 1)
        image = image.copy_memory().autorot(); // in memory, since turning reads pixels in any order
    return cropped(image, target.shown);
}

ImageBytes encode(vips::VImage image, ImageFormat format, const RenderSettings& settings) {
    switch (format) {
    case ImageFormat::jpeg:
        if (image.has_alpha())
            image = image.flatten(vips::VImage::option()->set("background", 255.0));
        return owned_bytes(image.jpegsave_buffer(without_metadata(image)
                                                     ->set("Q", settings.jpeg_quality)
                                                     ->set("optimize_coding", true)
                                                     ->set("interlace", false)));
    case ImageFormat::png:
        return owned_bytes(image.pngsave_buffer(
            without_metadata(image)->set("compression", settings.png_compression)->set("interlace", false)));
    case ImageFormat::tiff:
        return owned_bytes(
            image.tiffsave_buffer(without_metadata(image)
                                      ->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE)
                                      ->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL)));
    case ImageFormat::gif: break;
    }
    // Not stripped: a GIF's timing is metadata in libvips, and its writer adds no other metadata.
    return owned_bytes(image.gifsave_buffer(vips::VImage::option()->set("effort", settings.gif_effort)));
}

} // namespace portrait::imaging
