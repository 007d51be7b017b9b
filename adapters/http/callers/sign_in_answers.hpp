#pragma once

#include <portrait/http/message.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace portrait::http {

/// The length of a session's secret and of its XSRF value: 256 bits as base64url.
inline constexpr std::size_t session_secret_length = 43;

/// The value of X-XSRF-TOKEN: a digest of the session's secret, so that it belongs to one session, is the
/// same on every server, and is stored nowhere.
std::string xsrf_value(std::string_view secret);

/// Compares in constant time.
bool is_xsrf_value(std::string_view secret, std::string_view value);

inline constexpr std::string_view session_cookie = "PORTRAIT_SESSION";
inline constexpr std::string_view xsrf_cookie = "XSRF-TOKEN";

/// The page with the sign-in form (contract section 4), and the sentence above it unless that is empty.
Response sign_in_page(unsigned status, std::string_view sentence);

/// The page of a signed-in user: the hidden input `XSRF_TOKEN` and a button to sign out.
Response signed_in_page(std::string_view name, std::string_view xsrf_value);

/// Sets the two cookies; `secure`: browsers send them over TLS only.
void set_session_cookies(Response& response, std::string_view secret, std::string_view xsrf_value,
                         bool secure);
/// Sets the XSRF cookie alone, for a browser that has lost it.
void set_xsrf_cookie(Response& response, std::string_view xsrf_value, bool secure);

/// The answer to a sign-in, without its cookies. `is_page` redirects a browser to the page at /session, so
/// that a reload sends no password again.
Response signed_in_answer(bool is_page);
/// The answer to a sign-out, which clears the cookies.
Response signed_out_answer(bool is_page, bool is_secure);

/// The secret in a request's session cookie, valid or not; a view into the request, empty when there is none.
std::string_view session_secret_of(const RequestHead& head) noexcept;

/// Whether Accept has `text/html`, as browsers that show the answer send it.
bool wants_page(const RequestHead& head) noexcept;

} // namespace portrait::http
