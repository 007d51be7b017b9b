#pragma once

#include <portrait/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The schemes of authentication that are on (contract section 4). A scheme that is off is 401 like an
/// unknown one, and WWW-Authenticate does not name it.
struct AuthenticationSchemes {
    bool basic = true;
    bool so_ticket = true;
    bool bearer = true;
    /// The sign-in page and its cookies. Its form works with `basic` off, too.
    bool session = true;
};

/// Browser sessions; see `EndpointOptions` and `SessionStore`.
struct SessionOptions {
    std::chrono::seconds idle{std::chrono::hours{8}};      ///< without a request
    std::chrono::seconds lifetime{std::chrono::hours{24}}; ///< since the sign-in
    std::size_t most = 10'000;               ///< beyond it the session idle longest ends; at least 1
    std::size_t most_of_one_principal = 100; ///< likewise among one principal's; at least 1
    /// GET and HEAD need no X-XSRF-TOKEN, for plain `<img>` elements of browsers without Sec-Fetch-Site and
    /// over plain HTTP. Without it they need none where Sec-Fetch-Site is `same-origin` or `none`.
    bool xsrf_safe_methods = false;
};

/// The web pages of other origins that may call by script. Off while no origin is allowed.
struct CorsOptions {
    /// Such as `https://app.example.com`: scheme, host, and a port unless it is the scheme's default;
    /// checked by `is_cors_origin`. These may send cookies.
    std::vector<std::string> origins{};
    bool any_origin = false;           ///< any other page may call, without cookies
    std::chrono::seconds max_age{600}; ///< browsers cache the answer to a preflight
};

/// Whether a text is an origin as browsers send it: `http://` or `https://`, a host in lower case, and an
/// optional port.
PORTRAIT_EXPORT bool is_cors_origin(std::string_view text) noexcept;

/// The accepted SO-AppToken values. Keeps only their SHA-256. Value type; reading it is thread-safe.
class PORTRAIT_EXPORT AppTokens {
public:
    /// Ignores an empty token.
    void add(std::string_view token);
    bool empty() const noexcept { return hashes_.empty(); }
    /// Whether the token was added. The time doesn't depend on the token.
    bool contains(std::string_view token) const;

private:
    std::vector<std::array<std::uint8_t, 32>> hashes_;
};

} // namespace portrait::http
