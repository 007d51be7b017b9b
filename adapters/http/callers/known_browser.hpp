#pragma once

#include "callers/sign_in.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace portrait::http {

/// The cookie by which a browser proves later that a user has signed in from it. It opens no door: its bearer
/// still needs the password, and only waits apart from clients that nobody knows.
inline constexpr std::string_view known_browser_cookie = "PORTRAIT_KNOWN";
inline constexpr std::chrono::hours known_browser_lifetime{24 * 90};

/// A cookie's value for that user: the seconds since 1970 at which it expires, a dot, and the HMAC-SHA-256 of
/// both under the key.
std::string known_browser_value(const SecretDigest& key, std::string_view user,
                                std::chrono::sys_seconds expires);

/// Whether the value is one for that user and has not expired. Compares in constant time.
bool is_known_browser_value(const SecretDigest& key, std::string_view user, std::string_view value,
                            std::chrono::sys_seconds now);

/// The value in a request's cookie, valid or not; a view into the request, empty when there is none.
std::string_view known_browser_value_of(const RequestHead& head) noexcept;

/// Gives the browser a fresh cookie.
void set_known_browser_cookie(Response& response, std::string_view value, const CookieScope& scope);

} // namespace portrait::http
