#include "decode/convertible_picture.hpp"

#include "decode/decoding.hpp"
#include "decode/heif_colors.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace portrait::imaging {
namespace {

/// libvips' names of a loader; that of HEIC decodes AVIF, too.
struct Loader {
    const char* operation;
    const char* base;
};

Loader loader_of(ConvertibleFormat format) {
    return format == ConvertibleFormat::webp ? Loader{"webpload_buffer", "VipsForeignLoadWebp"}
                                             : Loader{"heifload_buffer", "VipsForeignLoadHeif"};
}

} // namespace

void allow_conversion_of(ConvertibleFormats formats) {
    for (const auto format : all_convertible_formats) {
        if (!formats.contains(format))
            continue;
        if (vips_type_find("VipsOperation", loader_of(format).operation) == 0)
            throw std::runtime_error{
                fmt::format("libvips has no decoder for {} on this machine", name_of(format))};
        vips_operation_block_set(loader_of(format).base, FALSE);
    }
}

bool has_high_dynamic_range(const UploadedImage& upload) {
    const auto codes =
        upload.format == ConvertibleFormat::webp ? std::nullopt : heif_color_codes(upload.bytes.view());
    return codes && is_high_dynamic_range(*codes);
}

vips::VImage open_convertible(const UploadedImage& upload) {
    const auto reference = reference_to(upload.bytes);
    if (upload.format == ConvertibleFormat::webp)
        return vips::VImage::webpload_buffer(reference.get(), from_top_to_bottom());
    auto image = vips::VImage::heifload_buffer(reference.get(), from_top_to_bottom());
    if (image.has_alpha() && has_multiplied_colors(upload.bytes.view()))
        image = image.unpremultiply(with_max_alpha(image)).cast(image.format());
    const auto codes = heif_color_codes(upload.bytes.view());
    if (!codes || is_srgb(*codes) || image.get_typeof(VIPS_META_ICC_NAME) != 0)
        return image;
    const auto profile = profile_of(*codes, image.bands() < 3);
    image = image.copy();
    if (!profile.empty())
        vips_image_set_blob_copy(image.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
    return image;
}

} // namespace portrait::imaging
