#include <portrait/image_format.hpp>

namespace portrait {

std::string_view media_type(ImageFormat format) noexcept {
    switch (format) {
    case ImageFormat::png: return "image/png";
    case ImageFormat::jpeg: return "image/jpeg";
    case ImageFormat::gif: return "image/gif";
    case ImageFormat::tiff: break;
    }
    return "image/tiff";
}

std::string_view file_extension(ImageFormat format) noexcept {
    switch (format) {
    case ImageFormat::png: return "png";
    case ImageFormat::jpeg: return "jpg";
    case ImageFormat::gif: return "gif";
    case ImageFormat::tiff: break;
    }
    return "tif";
}

std::optional<ImageFormat> format_of_media_type(std::string_view wanted) noexcept {
    for (const auto format : all_image_formats)
        if (media_type(format) == wanted)
            return format;
    return std::nullopt;
}

} // namespace portrait
