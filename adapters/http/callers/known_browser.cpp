#include "callers/known_browser.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <system_error>

namespace portrait::http {

std::string known_browser_value(const SecretDigest& key, std::string_view user,
                                std::chrono::sys_seconds expires) {
    const auto seconds = std::int64_t{expires.time_since_epoch().count()};
    // The prefix keeps the key's other uses apart, and the number has no space.
    return fmt::format("{}.{}", seconds,
                       base64url(hmac_sha256(key, fmt::format("PORTRAIT_KNOWN {} {}", seconds, user))));
}

bool is_known_browser_value(const SecretDigest& key, std::string_view user, std::string_view value,
                            std::chrono::sys_seconds now) {
    constexpr std::size_t longest = 64;
    if (value.size() > longest) // hashing the rest would cost time
        return false;
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    const std::chrono::sys_seconds expires{std::chrono::seconds{seconds}};
    return error == std::errc{} && expires > now &&
           equal_secrets(value, known_browser_value(key, user, expires));
}

std::string_view known_browser_value_of(const RequestHead& head) noexcept {
    const auto cookie = find_cookie(head, known_browser_cookie);
    return cookie.kind == CookieValue::Kind::found ? cookie.value : std::string_view{};
}

void set_known_browser_cookie(Response& response, std::string_view value, const CookieScope& scope) {
    add_cookie(response, known_browser_cookie, value,
               fmt::format("; HttpOnly; Max-Age={}", std::chrono::seconds{known_browser_lifetime}.count()),
               scope);
}

} // namespace portrait::http
