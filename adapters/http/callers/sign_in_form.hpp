#pragma once

#include <portrait/http/problem.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace portrait::http {

/// The media type of the form.
inline constexpr std::string_view sign_in_form_type = "application/x-www-form-urlencoded";

/// For the Accept field of a 415.
inline std::string_view accepted_sign_in_type() noexcept {
    return sign_in_form_type;
}

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
