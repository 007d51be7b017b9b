#include "callers/cors.hpp"

#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portrait::http {
namespace {

/// Every request field of the contract. A wildcard would not cover Authorization.
constexpr std::string_view allowed_fields =
    "Accept, Accept-Language, Authorization, Content-Language, Content-Type, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Range, SO-AppToken, SO-Browser-TZ-Offset, SO-Culture, "
    "SO-Language, SO-TimeZone, X-Request-Id, X-Requested-With, X-XSRF-TOKEN";

/// Width and height are spelled out: a field's name can't be a pattern.
constexpr std::string_view exposed_fields =
    "Content-Language, ETag, Last-Modified, SO-TimeZone, X-Image-ETag, X-Image-Height, X-Image-Type, "
    "X-Image-Width, X-Request-Id";

constexpr std::string_view host_characters = "abcdefghijklmnopqrstuvwxyz0123456789-._";

std::string_view without_scheme(std::string_view origin) noexcept {
    const auto slashes = origin.find("://");
    return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

} // namespace

bool is_cors_origin(std::string_view text) noexcept {
    if (!text.starts_with("https://") && !text.starts_with("http://"))
        return false;
    auto host = without_scheme(text);
    if (host.starts_with('[')) {
        const auto end = host.find_first_not_of("0123456789abcdef:.", 1);
        if (end == std::string_view::npos || end < 3 || host[end] != ']')
            return false;
        host.remove_prefix(end + 1);
        return host.empty() || (host.front() == ':' && is_port(host.substr(1)));
    }
    const auto colon = host.find(':');
    const auto name = host.substr(0, colon);
    return !name.empty() && name.find_first_not_of(host_characters) == std::string_view::npos &&
           (colon == std::string_view::npos || is_port(host.substr(colon + 1)));
}

CorsGrant cors_grant(const RequestHead& head, const CorsOptions& options) {
    CorsGrant grant;
    grant.varies = !options.origins.empty();
    if (!grant.varies && !options.any_origin)
        return grant;
    const auto* origin = head.count("Origin") == 1 ? head.find("Origin") : nullptr;
    if (origin != nullptr &&
        std::find(options.origins.begin(), options.origins.end(), *origin) != options.origins.end()) {
        grant.allow_origin = *origin;
        grant.credentials = true;
    } else if (options.any_origin) {
        grant.allow_origin.assign(1, '*'); // g++ 12 warns of an assigned literal here
    }
    return grant;
}

void CorsGrant::apply(Response& response) const {
    if (varies)
        add_vary(response, "Origin");
    if (allow_origin.empty())
        return;
    response.set("Access-Control-Allow-Origin", allow_origin);
    if (credentials)
        response.set("Access-Control-Allow-Credentials", "true");
    response.set("Access-Control-Expose-Headers", exposed_fields);
}

Response options_answer(const RequestHead& head, const CorsOptions& options, const CorsGrant& grant,
                        const std::string& allow) {
    Response response;
    response.status = 204;
    response.set("Allow", allow);
    const bool preflight =
        head.find("Origin") != nullptr && head.find("Access-Control-Request-Method") != nullptr;
    if (!preflight || grant.allow_origin.empty())
        return response;
    response.set("Access-Control-Allow-Methods", allow);
    response.set("Access-Control-Allow-Headers", allowed_fields);
    response.set("Access-Control-Max-Age", fmt::format_int{options.max_age.count()}.str());
    return response;
}

} // namespace portrait::http
