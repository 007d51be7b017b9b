#include "headers/content_types.hpp"

#include "headers/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::array<std::string_view, 8> picture_types{
    "image/png", "image/jpeg",  "image/gif",   "image/tiff",
    "image/jpg", "image/pjpeg", "image/x-png", "application/octet-stream"};

constexpr bool is_alphanumeric(char character) noexcept {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9');
}

constexpr bool is_token_character(char character) noexcept {
    return is_alphanumeric(character) ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(character) != std::string_view::npos;
}

/// Of a quoted-string, escaped or not: anything but control characters; the tab is none here.
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

/// Takes a quoted-string whose opening quote has been seen.
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
    if (parameter.name.empty() || !text.starts_with('='))
        return std::nullopt;
    text.remove_prefix(1);
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
        if (!text.starts_with(';'))
            return std::nullopt;
        text.remove_prefix(1);
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
    if (type.empty() || !text.starts_with('/'))
        return std::nullopt;
    text.remove_prefix(1);
    const auto subtype = take_token(text);
    auto parameters = parse_parameters(text);
    if (subtype.empty() || !parameters)
        return std::nullopt;
    return MediaType{lower_case(type) + '/' + lower_case(subtype), std::move(*parameters)};
}

UploadType classify_upload(const std::string_view* content_type) {
    using Kind = UploadType::Kind;
    if (content_type == nullptr || content_type->find_first_not_of(blanks) == std::string_view::npos)
        return {Kind::absent, {}};
    const auto media_type = parse_media_type(*content_type);
    if (!media_type)
        return {Kind::unsupported, {}};
    if (std::find(picture_types.begin(), picture_types.end(), media_type->name) != picture_types.end())
        return {Kind::picture, {}};
    if (media_type->name != "multipart/form-data")
        return {Kind::unsupported, {}};
    const auto* boundary = find_parameter(media_type->parameters, "boundary");
    if (boundary == nullptr || !is_multipart_boundary(*boundary))
        return {Kind::no_boundary, {}};
    return {Kind::multipart, *boundary};
}

bool is_multipart_boundary(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), [](char character) {
               return is_alphanumeric(character) ||
                      std::string_view{"'()+_,-./:=? "}.find(character) != std::string_view::npos;
           });
}

std::string_view accepted_upload_types() noexcept {
    return "image/png, image/jpeg, image/gif, image/tiff, application/octet-stream, multipart/form-data";
}

} // namespace portrait::http
