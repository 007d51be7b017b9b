#include "render/picture_pipeline.hpp"

#include "render/decoding_cost.hpp"
#include "render/encoding.hpp"

#include <utility>
#include <vector>

namespace portrait::imaging {

namespace {

/// Exactly to that size, every frame of an animation alike. Colours that hide behind transparency stay
/// hidden.
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

/// By the embedded profile, or libvips' own for CMYK without one. A profile of other colours than the
/// picture's is passed over, as browsers do.
vips::VImage in_srgb(const vips::VImage& image) {
    const bool profiled = has_usable_profile(image);
    const auto interpretation = image.interpretation();
    if (interpretation == VIPS_INTERPRETATION_CMYK)
        return image.icc_transform("srgb", profiled ? vips::VImage::option()->set("embedded", true)
                                                    : vips::VImage::option()->set("input_profile", "cmyk"));
    if (profiled && interpretation != VIPS_INTERPRETATION_LAB && interpretation != VIPS_INTERPRETATION_LABS)
        return image.icc_transform("srgb", vips::VImage::option()->set("embedded", true));
    return image;
}

/// The middle part of that size, of every frame.
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
    auto scaled = target.scaled;
    if (is_turned(opened.head))
        std::swap(scaled.width, scaled.height);
    auto image = watch.guarded(open_pixels(job, opened, reduction_on_load(job, opened.head)));
    if (image.coding() != VIPS_CODING_NONE) { // packed Lab, which can't be resized
        image = image.colourspace(VIPS_INTERPRETATION_sRGB).copy();
        image.remove(VIPS_META_ICC_NAME);
    }
    image = displayable(in_srgb(resized(image, scaled)));
    if (vips_image_get_orientation(image.get_image()) != 1)
        image =
            image.copy_memory().autorot(); // pixels come from top to bottom, turning wants them in any order
    return cropped(image, target.shown);
}

} // namespace portrait::imaging
