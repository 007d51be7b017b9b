#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace portrait {

/// The stored formats.
enum class ImageFormat : std::uint8_t { png, jpeg, gif, tiff };

/// In the order of the enumerators.
inline constexpr std::array all_image_formats{ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif,
                                              ImageFormat::tiff};

/// `image/png`, `image/jpeg`, `image/gif` or `image/tiff`.
constexpr std::string_view media_type(ImageFormat format) noexcept {
    constexpr std::array<std::string_view, 4> types{"image/png", "image/jpeg", "image/gif", "image/tiff"};
    return types[static_cast<std::size_t>(format)];
}
/// `png`, `jpg`, `gif` or `tif`.
constexpr std::string_view file_extension(ImageFormat format) noexcept {
    constexpr std::array<std::string_view, 4> extensions{"png", "jpg", "gif", "tif"};
    return extensions[static_cast<std::size_t>(format)];
}
/// The format of one of the four media types above, exactly as `media_type` spells them.
constexpr std::optional<ImageFormat> format_of_media_type(std::string_view wanted) noexcept {
    for (const auto format : all_image_formats)
        if (media_type(format) == wanted)
            return format;
    return std::nullopt;
}

/// A set of the enumerators of `Format`.
template<class Format>
class FormatSet {
public:
    constexpr FormatSet(std::initializer_list<Format> formats) noexcept {
        for (const auto format : formats)
            add(format);
    }
    static constexpr FormatSet all() noexcept {
        FormatSet formats{};
        formats.bits_ = 0xff;
        return formats;
    }
    constexpr void add(Format format) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | bit(format)); }
    constexpr bool contains(Format format) const noexcept { return (bits_ & bit(format)) != 0; }
    constexpr bool empty() const noexcept { return bits_ == 0; }

private:
    static constexpr unsigned bit(Format format) noexcept { return 1U << static_cast<unsigned>(format); }

    std::uint8_t bits_ = 0;
};

/// A set of stored formats.
using ImageFormats = FormatSet<ImageFormat>;

} // namespace portrait
