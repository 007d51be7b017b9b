#pragma once

#include <portrait/http/message.hpp>

#include <cstddef>
#include <string_view>

namespace portrait::http {

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

} // namespace portrait::http
