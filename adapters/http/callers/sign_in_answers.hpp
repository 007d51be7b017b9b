#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

inline constexpr std::string_view session_cookie = "PORTRAIT_SESSION";
inline constexpr std::string_view xsrf_cookie = "XSRF-TOKEN";

/// The page with the sign-in form (contract section 4), and a sentence above it unless that is empty.
Response sign_in_page(unsigned status, std::string_view sentence);

/// The page for somebody who is signed in: the hidden input `XSRF_TOKEN` and a button to sign out.
Response signed_in_page(std::string_view name, std::string_view xsrf_value);

/// What sets the two cookies; `secure`: to be sent over TLS alone.
void set_session_cookies(Response& response, std::string_view secret, std::string_view xsrf_value,
                         bool secure);
/// What makes a browser forget them.
void clear_session_cookies(Response& response, bool secure);
/// The XSRF value alone, for a browser that has lost it.
void set_xsrf_cookie(Response& response, std::string_view xsrf_value, bool secure);

/// The answer to a sign-in, without its cookies. `is_page`: a browser shows it, and is sent to the page at
/// /session, so that a reload sends no password again.
Response signed_in_answer(bool is_page);
/// The answer to a sign-out, which clears the cookies.
Response signed_out_answer(bool is_page, bool is_secure);

/// The secret in a request's session cookie, valid or not; a view into the request, empty when there is none.
std::string_view session_secret_of(const RequestHead& head) noexcept;

/// Whether the client is a browser that shows what it gets: `text/html` is in its Accept by name.
bool wants_page(const RequestHead& head) noexcept;

} // namespace portrait::http
