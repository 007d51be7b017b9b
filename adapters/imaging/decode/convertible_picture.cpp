#include "decode/convertible_picture.hpp"

#include "decode/decoding.hpp"

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

vips::VImage open_convertible(const UploadedImage& upload) {
    const auto reference = reference_to(upload.bytes);
    return upload.format == ConvertibleFormat::webp
               ? vips::VImage::webpload_buffer(reference.get(), from_top_to_bottom())
               : vips::VImage::heifload_buffer(reference.get(), from_top_to_bottom());
}

} // namespace portrait::imaging
