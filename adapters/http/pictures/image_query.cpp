#include "pictures/image_query.hpp"

#include <portrait/http/message.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

namespace {

Problem bad_value(std::string_view parameter, std::string_view accepted) {
    return {.status = 400,
            .rule = "request.bad_parameter",
            .message = fmt::format("The query parameter {} is not valid; accepted: {}", parameter, accepted),
            .observed = {},
            .limit = {},
            .retry_after = {},
            .cause = {}};
}

std::optional<std::uint32_t> parse_side(std::string_view text) noexcept {
    std::uint32_t side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc{} || end != text.data() + text.size() || side < 1 || side > max_rendition_side)
        return std::nullopt;
    return side;
}

std::optional<ImageFormat> parse_type(std::string_view text) noexcept {
    constexpr std::pair<std::string_view, ImageFormat> types[] = {
        {"JPEG", ImageFormat::jpeg}, {"PNG", ImageFormat::png}, {"GIF", ImageFormat::gif}};
    for (const auto& [name, format] : types)
        if (equal_ignoring_case(text, name))
            return format;
    return std::nullopt;
}

/// False when the text names no kind.
bool parse_if_blank(std::string_view text, std::optional<Placeholder>& if_blank) noexcept {
    constexpr std::pair<std::string_view, std::optional<Placeholder>> kinds[] = {
        {"Null", std::nullopt},
        {"Default", Placeholder::standard},
        {"ClearPixel", Placeholder::clear_pixel},
        {"SrNoPhoto", Placeholder::no_photo},
        {"SrNoPhotoWithBorder", Placeholder::no_photo_with_border},
        {"GenericFileIcon", Placeholder::generic_file_icon}};
    for (const auto& [name, kind] : kinds)
        if (equal_ignoring_case(text, name)) {
            if_blank = kind;
            return true;
        }
    return false;
}

} // namespace

[[nodiscard]] boost::system::result<ImageQuery, Problem> parse_image_query(const boost::urls::url_view& url) {
    ImageQuery query;
    for (const auto& parameter : url.params()) {
        const std::string_view value = parameter.value;
        if (value.empty())
            continue; // as absent, which is how the platform binds an optional value
        if (equal_ignoring_case(parameter.key, "w")) {
            if (!(query.rendition.width = parse_side(value)))
                return bad_value("w", "1 to 4096");
        } else if (equal_ignoring_case(parameter.key, "h")) {
            if (!(query.rendition.height = parse_side(value)))
                return bad_value("h", "1 to 4096");
        } else if (equal_ignoring_case(parameter.key, "type")) {
            if (!(query.rendition.format = parse_type(value)))
                return bad_value("type", "JPEG, PNG, GIF");
        } else if (equal_ignoring_case(parameter.key, "ifBlank")) {
            if (!parse_if_blank(value, query.if_blank))
                return bad_value(
                    "ifBlank", "Default, ClearPixel, SrNoPhoto, SrNoPhotoWithBorder, GenericFileIcon, Null");
        }
    }
    return query;
}

} // namespace portrait::http
