#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

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

/// The requests to which browsers add the cookies.
struct CookieScope {
    bool secure = false;         ///< over TLS only
    std::string_view path = "/"; ///< where the endpoint is mounted, such as `/Cust12345`
};

/// The name of the session's cookie (contract section 4). Over TLS it has a prefix, with which browsers
/// accept it from TLS alone and, if the path is `/`, from this host alone: no other host of the domain, and
/// nobody on the wire, can plant a session.
std::string_view session_cookie(const CookieScope& scope) noexcept;
/// Has no prefix, since scripts read it by this name.
inline constexpr std::string_view xsrf_cookie = "XSRF-TOKEN";

/// The page with the sign-in form (contract section 4), and the sentence above it unless that is empty.
Response sign_in_page(unsigned status, std::string_view sentence, const CookieScope& scope);

/// The page of a signed-in user: the hidden input `XSRF_TOKEN` and a button to sign out.
Response signed_in_page(std::string_view name, std::string_view xsrf_value, const CookieScope& scope);

/// Adds a Set-Cookie field. `attributes` begins with `; ` or is empty.
void add_cookie(Response& response, std::string_view name, std::string_view value,
                std::string_view attributes, const CookieScope& scope);

/// Sets the two cookies.
void set_session_cookies(Response& response, std::string_view secret, std::string_view xsrf_value,
                         const CookieScope& scope);
/// Sets the XSRF cookie alone, for a browser that has lost it.
void set_xsrf_cookie(Response& response, std::string_view xsrf_value, const CookieScope& scope);

/// The answer to a sign-in, without its cookies. `is_page` redirects a browser to the page at /session, so
/// that a reload sends no password again.
Response signed_in_answer(bool is_page, const CookieScope& scope);
/// The answer to a sign-out, which clears the cookies.
Response signed_out_answer(bool is_page, const CookieScope& scope);

/// The secret in a request's session cookie, valid or not; a view into the request, empty when there is none.
std::string_view session_secret_of(const RequestHead& head, const CookieScope& scope) noexcept;

/// Whether a page's script has sent the request: browsers don't add X-XSRF-TOKEN by themselves.
bool is_of_script(const RequestHead& head) noexcept;

/// The cookies of a request with longer Cookie fields are ignored.
inline constexpr std::size_t max_cookies_length = std::size_t{16} * 1024;

/// The cookie of one name.
struct CookieValue {
    enum class Kind {
        absent,
        found,
        /// Twice with different values: another site of the domain has set one of them.
        ambiguous,
    };
    Kind kind = Kind::absent;
    std::string_view value; ///< of `found`; a view into the request
};

/// Finds the cookie of that name (case-sensitive, RFC 6265 section 5.4). Values stay as they are, quotes
/// included; other cookies' values are not checked.
CookieValue find_cookie(const RequestHead& head, std::string_view name) noexcept;

/// The media type of the form.
inline constexpr std::string_view sign_in_form_type = "application/x-www-form-urlencoded";

/// The most bytes of a sign-in form's body.
inline constexpr std::size_t max_sign_in_form_length = std::size_t{8} * 1024;

/// The form of the page at /session.
struct SignInForm {
    std::string user;
    std::string password;
    bool sign_out = false; ///< there is a field `sign_out`; then only `xsrf_value` counts
    std::string xsrf_value;
};

/// Reads `application/x-www-form-urlencoded`: fields `user`, `password`, `sign_out` and `XSRF_TOKEN`; others
/// are ignored. 400 `session.bad_form` when the form is malformed, too long, not UTF-8, or has one of them
/// twice.
[[nodiscard]] ProblemOr<SignInForm> parse_sign_in_form(std::string_view body);

} // namespace portrait::http
