#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/http/caller_options.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstddef>
#include <string_view>
#include <variant>

namespace portrait::http {

/// A longer Authorization value is malformed: no user name and password need as much.
inline constexpr std::size_t max_authorization_length = 8192;

/// An Authorization value without valid credentials. `why` is for the log and holds nothing of the value.
struct MalformedAuthorization {
    std::string_view why;
};

/// Nothing when the request has no Authorization field.
using Authorization = std::variant<std::monostate, Credentials, MalformedAuthorization>;

/// Reads a request's Authorization field (contract section 4). The scheme's name matches in any case; a
/// scheme that is off is malformed. Basic is strict base64 of UTF-8 `user:password`, split at the first
/// colon, without control characters (RFC 7617); its user may be a ticket, with an empty password (contract
/// section 4). A ticket and a token stay as they are, without control characters. More than one field is
/// malformed, since a proxy may have checked another one.
Authorization authorization_of(const RequestHead& head, const AuthenticationSchemes& schemes);

/// Whether the first Authorization field has the scheme Basic, which browsers add by themselves.
bool is_basic(const RequestHead& head) noexcept;

/// Sets WWW-Authenticate to the schemes that are on; sets nothing when none is.
void set_challenges(Response& response, const AuthenticationSchemes& schemes);

/// 401, 429 or 500.
Problem problem_of(const AuthenticationFailure& failure);

} // namespace portrait::http
