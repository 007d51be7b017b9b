#include "headers/body_types.hpp"

#include "headers/content_types.hpp"

#include <portrait/http/message.hpp>

#include <array>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::array types{
    std::pair{std::string_view{"application/json"}, BodyType::json},
    std::pair{std::string_view{"text/json"}, BodyType::json},
    std::pair{std::string_view{"application/xml"}, BodyType::xml},
    std::pair{std::string_view{"text/xml"}, BodyType::xml},
    std::pair{std::string_view{"application/x-www-form-urlencoded"}, BodyType::form},
    std::pair{std::string_view{"application/json-patch+json"}, BodyType::json_patch},
    std::pair{std::string_view{"application/merge-patch+json"}, BodyType::merge_patch},
};

} // namespace

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
    for (const auto& [name, type] : types)
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
           "application/xml, "
           "text/xml, application/x-www-form-urlencoded";
}

} // namespace portrait::http
