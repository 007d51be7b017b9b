#include "headers/content_types.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace portrait::http {
namespace {

/// The last ones are the default types of curl, wget, urllib, axios and others for any bytes.
constexpr std::array<std::string_view, 11> picture_types{"image/png",
                                                         "image/jpeg",
                                                         "image/gif",
                                                         "image/tiff",
                                                         "image/jpg",
                                                         "image/pjpeg",
                                                         "image/x-png",
                                                         "application/octet-stream",
                                                         "binary/octet-stream",
                                                         "application/binary",
                                                         "application/x-www-form-urlencoded"};

/// A type of a format that can be converted. Accept has one type for each kind of file.
struct ConvertibleType {
    std::string_view name;
    ConvertibleFormat format;
    bool is_in_accept;
};

constexpr std::array<ConvertibleType, 7> convertible_types{
    {{"image/webp", ConvertibleFormat::webp, true},
     {"image/heic", ConvertibleFormat::heic, true},
     {"image/heif", ConvertibleFormat::heic, true},
     {"image/heic-sequence", ConvertibleFormat::heic, false},
     {"image/heif-sequence", ConvertibleFormat::heic, false},
     {"image/avif", ConvertibleFormat::avif, true},
     {"image/avif-sequence", ConvertibleFormat::avif, false}}};

constexpr std::array body_types{
    std::pair{std::string_view{"application/json"}, BodyType::json},
    std::pair{std::string_view{"text/json"}, BodyType::json},
    std::pair{std::string_view{"application/xml"}, BodyType::xml},
    std::pair{std::string_view{"text/xml"}, BodyType::xml},
    std::pair{std::string_view{"application/x-www-form-urlencoded"}, BodyType::form},
    std::pair{std::string_view{"application/json-patch+json"}, BodyType::json_patch},
    std::pair{std::string_view{"application/merge-patch+json"}, BodyType::merge_patch},
};

constexpr bool is_token_character(char character) noexcept {
    return is_alphanumeric(character) ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(character) != std::string_view::npos;
}

/// A character of a quoted-string, escaped or not: any but control characters; the tab is accepted.
constexpr bool is_quotable(char character) noexcept {
    const auto byte = static_cast<unsigned char>(character);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

/// Empty when there is none.
std::string_view take_token(std::string_view& text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_token_character);
    const auto token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(token.size());
    return token;
}

/// Takes a quoted-string. The text begins with a quote.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string value;
    for (std::size_t index = 1; index < text.size(); ++index) {
        char character = text[index];
        if (character == '"') {
            text.remove_prefix(index + 1);
            return value;
        }
        if (character == '\\') {
            if (++index == text.size())
                break;
            character = text[index];
        }
        if (!is_quotable(character))
            break;
        value.push_back(character);
    }
    return std::nullopt;
}

std::optional<Parameter> take_parameter(std::string_view& text) {
    Parameter parameter{lower_case(take_token(text)), {}};
    if (parameter.name.empty() || !take(text, '='))
        return std::nullopt;
    if (!text.starts_with('"')) {
        parameter.value = take_token(text);
        return parameter.value.empty() ? std::nullopt : std::optional{std::move(parameter)};
    }
    auto value = take_quoted(text);
    if (!value)
        return std::nullopt;
    parameter.value = std::move(*value);
    return parameter;
}

} // namespace

const std::string* find_parameter(const Parameters& parameters, std::string_view name) noexcept {
    for (const auto& parameter : parameters)
        if (parameter.name == name)
            return &parameter.value;
    return nullptr;
}

std::optional<Parameters> parse_parameters(std::string_view text) {
    Parameters parameters;
    for (skip(text); !text.empty(); skip(text)) {
        if (!take(text, ';'))
            return std::nullopt;
        skip(text);
        if (text.empty() || text.starts_with(';'))
            continue;
        auto parameter = take_parameter(text);
        if (!parameter)
            return std::nullopt;
        parameters.push_back(std::move(*parameter));
    }
    return parameters;
}

std::optional<MediaType> parse_media_type(std::string_view text) {
    skip(text);
    const auto type = take_token(text);
    if (type.empty() || !take(text, '/'))
        return std::nullopt;
    const auto subtype = take_token(text);
    auto parameters = parse_parameters(text);
    if (subtype.empty() || !parameters)
        return std::nullopt;
    return MediaType{lower_case(type) + '/' + lower_case(subtype), std::move(*parameters)};
}

namespace {

constexpr std::string_view multipart = "multipart/form-data";

/// Of a value that is no media type. Clients send boundaries unquoted that need quotes, such as
/// `----=_Part_1_2.3`.
UploadType classify_bad_type(std::string_view text) {
    using Kind = UploadType::Kind;
    text = trimmed(text);
    if (!equal_ignoring_case(text.substr(0, multipart.size()), multipart))
        return {Kind::unsupported, {}};
    text.remove_prefix(multipart.size());
    skip(text);
    if (!text.starts_with(';'))
        return {text.empty() ? Kind::no_boundary : Kind::unsupported, {}};
    constexpr std::string_view name = "boundary=";
    while (take(text, ';')) {
        const auto parameter = trimmed(text.substr(0, text.find(';')));
        text.remove_prefix(std::min(text.find(';'), text.size()));
        if (!equal_ignoring_case(parameter.substr(0, name.size()), name))
            continue;
        const auto boundary = parameter.substr(name.size());
        if (!boundary.starts_with('"') && is_multipart_boundary(boundary))
            return {Kind::multipart, std::string{boundary}};
        break;
    }
    return {Kind::no_boundary, {}};
}

} // namespace

UploadType classify_upload(const std::string_view* content_type, ConvertibleFormats formats) {
    using Kind = UploadType::Kind;
    if (content_type == nullptr || content_type->find_first_not_of(blanks) == std::string_view::npos)
        return {Kind::absent, {}};
    const auto media_type = parse_media_type(*content_type);
    if (!media_type)
        return classify_bad_type(*content_type);
    if (std::find(picture_types.begin(), picture_types.end(), media_type->name) != picture_types.end())
        return {Kind::picture, {}};
    for (const auto& type : convertible_types)
        if (type.name == media_type->name)
            return formats.contains(type.format) ? UploadType{Kind::picture, {}}
                                                 : UploadType{Kind::unsupported, {}, type.format};
    if (media_type->name != multipart)
        return {Kind::unsupported, {}};
    const auto* boundary = find_parameter(media_type->parameters, "boundary");
    if (boundary == nullptr || !is_multipart_boundary(*boundary))
        return {Kind::no_boundary, {}};
    return {Kind::multipart, *boundary};
}

bool is_multipart_boundary(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(),
                       [](char character) { return character >= ' ' && character <= '~'; });
}

std::vector<std::string_view> accepted_picture_types(ImageFormats stored, ConvertibleFormats converted) {
    std::vector<std::string_view> types;
    for (const auto format : all_image_formats)
        if (stored.contains(format))
            types.push_back(portrait::media_type(format));
    for (const auto& type : convertible_types)
        if (type.is_in_accept && converted.contains(type.format))
            types.push_back(type.name);
    return types;
}

std::string accepted_upload_types(ConvertibleFormats formats) {
    return fmt::format("{}, application/octet-stream, multipart/form-data",
                       fmt::join(accepted_picture_types(ImageFormats::all(), formats), ", "));
}

std::optional<BodyType> body_type_of(const std::string_view* content_type) {
    if (content_type == nullptr)
        return std::nullopt;
    const auto media_type = parse_media_type(*content_type);
    if (!media_type)
        return std::nullopt;
    const auto* charset = find_parameter(media_type->parameters, "charset");
    if (charset != nullptr && !equal_ignoring_case(*charset, "utf-8") &&
        !equal_ignoring_case(*charset, "utf8") && !equal_ignoring_case(*charset, "us-ascii"))
        return std::nullopt;
    for (const auto& [name, type] : body_types)
        if (name == media_type->name)
            return type;
    return std::nullopt;
}

std::string_view accepted_body_types() noexcept {
    return "application/json, text/json, application/xml, text/xml, application/x-www-form-urlencoded, "
           "application/json-patch+json, application/merge-patch+json";
}

std::string_view accepted_patch_types() noexcept {
    return "application/json-patch+json, application/merge-patch+json, application/json, text/json, "
           "application/xml, text/xml, "
           "application/x-www-form-urlencoded";
}

} // namespace portrait::http
