#include "authorization.hpp"

#include "base64.hpp"
#include "utf8.hpp"

#include <portrait/http/message.hpp>

#include <openssl/crypto.h>

#include <utility>

namespace portrait::http {

namespace {

Authorization parse_basic(std::string_view token) {
    auto decoded = decode_base64(token);
    if (!decoded)
        return MalformedAuthorization{"Basic is not base64"};
    Authorization authorization = MalformedAuthorization{"Basic has no colon"};
    const auto colon = decoded->find(':');
    if (!is_utf8(*decoded))
        authorization = MalformedAuthorization{"Basic is not UTF-8"};
    else if (has_control_characters(*decoded))
        authorization = MalformedAuthorization{"Basic has control characters"};
    else if (colon != std::string::npos)
        authorization = Credentials{BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)}};
    OPENSSL_cleanse(decoded->data(), decoded->size());
    return authorization;
}

} // namespace

Authorization parse_authorization(const std::string_view* value) {
    if (value == nullptr)
        return std::monostate{};
    if (value->size() > max_authorization_length)
        return MalformedAuthorization{"Authorization is too long"};
    const auto space = value->find(' ');
    const auto scheme = value->substr(0, space);
    if (!equal_ignoring_case(scheme, "Basic"))
        return MalformedAuthorization{"the scheme of Authorization is none that is on"};
    if (space == std::string_view::npos)
        return MalformedAuthorization{"Basic shows nothing"};
    // RFC 9110 section 11.4: one or more spaces stand before what the scheme shows.
    const auto token = value->find_first_not_of(' ', space);
    if (token == std::string_view::npos)
        return MalformedAuthorization{"Basic shows nothing"};
    return parse_basic(value->substr(token));
}

std::string www_authenticate() {
    return R"(Basic realm="portrait", charset="UTF-8")";
}

} // namespace portrait::http
