#include <portrait/image_format.hpp>

namespace portrait {

std::string_view media_type(ImageFormat format) noexcept {
    constexpr std::array<std::string_view, all_image_formats.size()> types{"image/png", "image/jpeg",
                                                                           "image/gif", "image/tiff"};
    return types[static_cast<std::size_t>(format)];
}

std::string_view file_extension(ImageFormat format) noexcept {
    constexpr std::array<std::string_view, all_image_formats.size()> extensions{"png", "jpg", "gif", "tif"};
    return extensions[static_cast<std::size_t>(format)];
}

std::optional<ImageFormat> format_of_media_type(std::string_view wanted) noexcept {
    for (const auto format : all_image_formats)
        if (media_type(format) == wanted)
            return format;
    return std::nullopt;
}

} // namespace portrait
