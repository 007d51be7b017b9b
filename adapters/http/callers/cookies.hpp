#pragma once

#include <portrait/http/message.hpp>

#include <cstddef>
#include <string_view>

namespace portrait::http {

/// A request with longer Cookie fields has no cookies as far as we care.
inline constexpr std::size_t max_cookies_length = std::size_t{16} * 1024;

/// What a request's cookies say about one name.
struct CookieValue {
    enum class Kind {
        absent,
        found,
        /// Twice with different values: one of them was planted by a neighbouring site, and which is unknown.
        ambiguous,
    };
    Kind kind = Kind::absent;
    std::string_view value; ///< of `found`; a view into the request
};

/// The cookie of that name (case-sensitive, RFC 6265 section 5.4). Values are taken as they are, quotes
/// included; other cookies' values are not looked at.
CookieValue find_cookie(const RequestHead& head, std::string_view name) noexcept;

} // namespace portrait::http
