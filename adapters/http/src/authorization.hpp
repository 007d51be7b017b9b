#pragma once

#include <portrait/http/authenticator.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// A longer Authorization value is malformed: nobody's user name and password need as much.
inline constexpr std::size_t max_authorization_length = 8192;

/// An Authorization value that names nobody. `why` is for the log and holds nothing of the value.
struct MalformedAuthorization {
    std::string_view why;
};

/// Nothing was shown, or somebody's credentials, or a value that can't be read.
using Authorization = std::variant<std::monostate, Credentials, MalformedAuthorization>;

/// What a request's Authorization says (contract section 4). Null: the request has none. The scheme's name is
/// taken in any case; a scheme that is not on is malformed. Basic is strict base64 of UTF-8 `user:password`,
/// split at the first colon, without control characters (RFC 7617).
Authorization parse_authorization(const std::string_view* value);

/// The WWW-Authenticate value that names the schemes which are on.
std::string www_authenticate();

} // namespace portrait::http
