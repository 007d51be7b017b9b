#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/http/caller_options.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

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

/// What an Authorization value says (contract section 4). Null: there is none. The scheme's name is taken in
/// any case; a scheme that is off is malformed. Basic is strict base64 of UTF-8 `user:password`, split at the
/// first colon, without control characters (RFC 7617); a ticket and a token are taken as they are, without
/// control characters.
Authorization parse_authorization(const std::string_view* value, const AuthenticationSchemes& schemes = {});

/// The same of a request; more than one Authorization is malformed, since somebody on the way may have judged
/// the other one.
Authorization authorization_of(const RequestHead& head, const AuthenticationSchemes& schemes);

/// The WWW-Authenticate value that names the schemes which are on; empty when none is.
std::string www_authenticate(const AuthenticationSchemes& schemes = {});

/// Sets WWW-Authenticate to the schemes that are on.
void set_challenges(Response& response, const AuthenticationSchemes& schemes);

/// 401, 429 or 500.
Problem problem_of(const AuthenticationFailure& failure);

} // namespace portrait::http
