#include "render/rendering.hpp"

#include <lcms2.h>

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
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

vips::VOption* without_metadata() {
    return vips::VImage::option()->set("strip", true);
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
    auto result = image.has_alpha() ? image.premultiply(with_max_alpha(image))
                                          .resize(across, options)
                                          .unpremultiply(with_max_alpha(image))
                                          .cast(image.format())
                                    : image.resize(across, options);
    if (frames > 1) {
        result = result.copy();
        result.set(VIPS_META_PAGE_HEIGHT, static_cast<int>(size.height));
    }
    return result;
}

vips::VImage of_8_bits(const vips::VImage& image) {
    return image.format() == VIPS_FORMAT_USHORT
               ? image.cast(VIPS_FORMAT_UCHAR, vips::VImage::option()->set("shift", true))
               : image.cast(VIPS_FORMAT_UCHAR);
}

/// As browsers convert CMYK without a profile: the product of what the ink and the black let through.
vips::VImage without_ink(const vips::VImage& image) {
    const double white = image.format() == VIPS_FORMAT_USHORT ? 65535 : 255;
    const auto light = image.linear(-1, white);
    const auto colors =
        light.extract_band(0, vips::VImage::option()->set("n", 3)) * light[3] / (white * white / 255);
    return colors.rint()
        .cast(VIPS_FORMAT_UCHAR)
        .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

/// Perceptual, as in browsers, if the profile has it.
VipsIntent intent_of(std::span<const std::byte> profile) {
    const std::unique_ptr<void, decltype(&cmsCloseProfile)> opened{
        cmsOpenProfileFromMem(profile.data(), static_cast<cmsUInt32Number>(profile.size())),
        &cmsCloseProfile};
    return opened && cmsIsIntentSupported(opened.get(), INTENT_PERCEPTUAL, LCMS_USED_AS_INPUT) != 0
               ? VIPS_INTENT_PERCEPTUAL
               : VIPS_INTENT_RELATIVE;
}

/// The picture with the bands that the profile is for; nothing if it is for others. A grey picture has three
/// equal bands for a profile of red, green and blue.
std::optional<vips::VImage> with_bands_of(std::span<const std::byte> profile, const vips::VImage& colors) {
    constexpr std::size_t space = 16; // the offset of the profile's colour space
    if (profile.size() < space + 4)
        return std::nullopt;
    const std::string_view name{reinterpret_cast<const char*>(profile.data()) + space, 4};
    if ((name == "RGB " && colors.bands() == 3) || (name == "GRAY" && colors.bands() == 1) ||
        (name == "CMYK" && colors.bands() == 4))
        return colors;
    if (name != "RGB " || colors.bands() != 1)
        return std::nullopt;
    const auto interpretation =
        colors.format() == VIPS_FORMAT_USHORT ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return colors.bandjoin(colors).bandjoin(colors).copy(
        vips::VImage::option()->set("interpretation", interpretation));
}

/// By the embedded profile; nothing if there is none, or one that doesn't fit the picture's colours or that
/// lcms2 can't use, which browsers ignore, too.
std::optional<vips::VImage> by_profile(const vips::VImage& colors, const ReportProfile& report) {
    if (colors.get_typeof(VIPS_META_ICC_NAME) == 0)
        return std::nullopt;
    std::size_t size = 0;
    const auto* const data = static_cast<const std::byte*>(colors.get_blob(VIPS_META_ICC_NAME, &size));
    const std::span profile{data, size};
    const auto image = with_bands_of(profile, colors);
    if (!image || vips_icc_is_compatible_profile(image->get_image(), data, size) == 0)
        return std::nullopt;
    try {
        return image->icc_transform(
            srgb_profile, vips::VImage::option()->set("embedded", true)->set("intent", intent_of(profile)));
    } catch (const vips::VError& error) {
        report(error.what());
        vips_error_clear();
        return std::nullopt;
    }
}

/// Colours without alpha as 8-bit grey or sRGB.
vips::VImage colors_in_srgb(vips::VImage colors, const ReportProfile& report) {
    const auto interpretation = colors.interpretation();
    const bool lab = interpretation == VIPS_INTERPRETATION_LAB;
    if (auto converted = lab ? std::nullopt : by_profile(colors, report))
        return *std::move(converted);
    if (interpretation == VIPS_INTERPRETATION_CMYK)
        return without_ink(colors);
    if (lab)
        colors = colors.colourspace(VIPS_INTERPRETATION_sRGB);
    const bool grey =
        interpretation == VIPS_INTERPRETATION_B_W || interpretation == VIPS_INTERPRETATION_GREY16;
    return of_8_bits(colors).copy(vips::VImage::option()->set(
        "interpretation", grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB));
}

/// As 8-bit grey or sRGB with at most an alpha, which the encoders require. The alpha is converted by itself:
/// libvips' transforms leave it as it is while the colours become fewer bits.
vips::VImage displayable(const vips::VImage& image, const ReportProfile& report) {
    const auto interpretation = image.interpretation();
    if (image.format() == VIPS_FORMAT_UCHAR && image.get_typeof(VIPS_META_ICC_NAME) == 0 &&
        (interpretation == VIPS_INTERPRETATION_sRGB || interpretation == VIPS_INTERPRETATION_B_W))
        return image;
    if (!image.has_alpha())
        return colors_in_srgb(image, report);
    const int colors = image.bands() - 1;
    const auto opaque = image.extract_band(0, vips::VImage::option()->set("n", colors));
    return colors_in_srgb(opaque, report).bandjoin(of_8_bits(image[colors]));
}

struct Corner {
    int left;
    int top;
};

Corner middle_part(const Size& whole, const Size& size) {
    return {static_cast<int>(whole.width - size.width) / 2, static_cast<int>(whole.height - size.height) / 2};
}

/// By libvips' measure of edges, skin and saturated colours, in the first frame.
Corner attractive_part(const vips::VImage& image, const Size& size) {
    const auto whole = stored_size(image);
    const auto first =
        image.extract_area(0, 0, static_cast<int>(whole.width), static_cast<int>(whole.height));
    const auto part = first.smartcrop(static_cast<int>(size.width), static_cast<int>(size.height),
                                      vips::VImage::option()->set("interesting", VIPS_INTERESTING_ATTENTION));
    return {-part.xoffset(), -part.yoffset()};
}

/// Crops each frame to one part.
vips::VImage cropped(vips::VImage image, const Size& size, Fit fit) {
    const auto whole = stored_size(image);
    if (whole == size)
        return image;
    if (fit == Fit::attention)
        image = image.copy_memory(); // pixels are read for the choice, and then for the part
    const auto [left, top] = fit == Fit::attention ? attractive_part(image, size) : middle_part(whole, size);
    const int frames = image.height() / static_cast<int>(whole.height);
    std::vector<vips::VImage> kept;
    kept.reserve(static_cast<std::size_t>(frames));
    for (int frame = 0; frame < frames; ++frame)
        kept.push_back(image.extract_area(left, frame * static_cast<int>(whole.height) + top,
                                          static_cast<int>(size.width), static_cast<int>(size.height)));
    return joined(kept);
}

} // namespace

vips::VImage upright(const vips::VImage& image, const ReportProfile& report) {
    auto shown = displayable(image, report);
    if (vips_image_get_orientation(shown.get_image()) != 1)
        shown = shown.copy_memory().autorot(); // in memory, since turning reads pixels in any order
    return shown;
}

vips::VImage scaled_upright(const RenderImage& job, const OpenedPicture& opened, const RenderWatch& watch,
                            const ReportProfile& report) {
    const auto target = target_of(job, opened.head);
    auto image = watch.guarded(open_pixels(job, opened, reduction_on_load(job, opened.head)));
    image = upright(resized(image, turned(target.scaled, opened.head)), report);
    return cropped(image, target.shown, job.rendition.fit);
}

ImageBytes encode_original(const vips::VImage& image, ImageFormat format) {
    if (format == ImageFormat::png)
        return owned_bytes(image.pngsave_buffer(without_metadata()));
    constexpr int quality = 90; // many renditions are made of it
    // Neither progressive nor with tables of its own, for which libjpeg keeps the whole picture in memory.
    return owned_bytes(image.jpegsave_buffer(without_metadata()->set("Q", quality)));
}

ImageBytes encode(vips::VImage image, ImageFormat format, const RenderSettings& settings) {
    switch (format) {
    case ImageFormat::jpeg:
        if (image.has_alpha())
            image = image.flatten(vips::VImage::option()->set("background", 255.0));
        return owned_bytes(image.jpegsave_buffer(without_metadata()
                                                     ->set("Q", settings.jpeg_quality)
                                                     ->set("optimize_coding", true)
                                                     ->set("interlace", true)));
    case ImageFormat::png:
        return owned_bytes(image.pngsave_buffer(
            without_metadata()->set("compression", settings.png_compression)->set("interlace", false)));
    case ImageFormat::tiff:
        return owned_bytes(
            image.tiffsave_buffer(without_metadata()
                                      ->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE)
                                      ->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL)));
    case ImageFormat::gif: break;
    }
    // Not stripped: a GIF's timing is metadata in libvips, and its writer adds no other metadata.
    return owned_bytes(image.gifsave_buffer(vips::VImage::option()->set("effort", settings.gif_effort)));
}

} // namespace portrait::imaging
