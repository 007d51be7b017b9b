#include "callers/cross_site.hpp"

#include "callers/own_origin.hpp"
#include "headers/field_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portrait::http {
namespace {

/// Longer origins are not repeated in a message.
constexpr std::size_t longest_shown_origin = 255;

struct OriginParts {
    std::string_view scheme;
    std::string_view authority; ///< without the scheme's default port; empty: no http or https origin
};

std::string_view without_default_port(std::string_view scheme, std::string_view authority) noexcept {
    const std::string_view port = equal_ignoring_case(scheme, "https") ? ":443" : ":80";
    if (authority.ends_with(port))
        authority.remove_suffix(port.size());
    return authority;
}

OriginParts parts_of(std::string_view origin) noexcept {
    const auto scheme = origin.substr(0, origin.find("://"));
    if (!equal_ignoring_case(scheme, "https") && !equal_ignoring_case(scheme, "http"))
        return {};
    return {scheme, without_default_port(scheme, origin.substr(std::min(scheme.size() + 3, origin.size())))};
}

bool is_ours(std::string_view origin, const RequestHead& head, std::string_view public_url) {
    const auto from = parts_of(origin);
    if (from.authority.empty())
        return false;
    const auto ours = own_origin(head, public_url);
    // Otherwise the scheme in the browser is unknown: a proxy that doesn't say so may end TLS.
    const bool is_scheme_known = ours.source == OwnOrigin::Source::public_url ||
                                 (ours.source == OwnOrigin::Source::proxy && head.secure);
    return !ours.authority.empty() && (!is_scheme_known || equal_ignoring_case(from.scheme, ours.scheme)) &&
           equal_ignoring_case(from.authority, without_default_port(from.scheme, ours.authority));
}

/// Whether any field Sec-Fetch-Site has that value. Browsers send it over TLS and to localhost, and no page
/// can change it.
bool says_site(const RequestHead& head, std::string_view value) noexcept {
    return std::any_of(head.fields.begin(), head.fields.end(), [&](const RequestField& field) {
        return equal_ignoring_case(field.name, "Sec-Fetch-Site") && field.value == value;
    });
}

} // namespace

bool is_from_own_site(const RequestHead& head) noexcept {
    return head.count("Sec-Fetch-Site") == 1 && (says_site(head, "same-origin") || says_site(head, "none"));
}

std::optional<Problem> judge_cross_site_write(const RequestHead& head, const CorsGrant& grant,
                                              std::string_view public_url) {
    const auto* const origin = head.find("Origin");
    if (origin == nullptr) {
        if (!says_site(head, "cross-site") && !says_site(head, "same-site"))
            return std::nullopt;
    } else if (head.count("Origin") == 1) {
        const bool same_origin = head.count("Sec-Fetch-Site") == 1 && says_site(head, "same-origin");
        if (same_origin || grant.credentials || is_ours(*origin, head, public_url))
            return std::nullopt;
    }
    // Other text may be of any kind and length.
    const bool shown = origin != nullptr && origin->size() <= longest_shown_origin && is_cors_origin(*origin);
    return plain_problem(
        403, "authorization.cross_site",
        fmt::format("A page of {} may not write here by a cookie or by Basic; this site's own "
                    "pages and configured origins may, and Bearer and SoTicket from anywhere",
                    shown ? *origin : std::string_view{"another site"}));
}

} // namespace portrait::http
