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

/// Which ways of saying who is calling are on (contract section 4). What is off is 401 like anything unknown,
/// and WWW-Authenticate does not name it.
struct AuthenticationSchemes {
    bool basic = true;
    bool so_ticket = true;
    bool bearer = true;
    /// The sign-in page and its cookies. Its form works with `basic` off, too.
    bool session = true;
};

/// Sessions of browsers; see `EndpointOptions` and `SessionStore`.
struct SessionOptions {
    std::chrono::seconds idle{std::chrono::hours{8}};      ///< without a request
    std::chrono::seconds lifetime{std::chrono::hours{24}}; ///< since the sign-in
    std::size_t most = 10'000;               ///< beyond it the one idle longest ends; at least 1
    std::size_t most_of_one_principal = 100; ///< likewise among that principal's; at least 1
    /// GET and HEAD need no X-XSRF-TOKEN, for plain `<img>` elements.
    bool xsrf_safe_methods = false;
};

/// Which web pages of other origins may call by script. Off while both are empty.
struct CorsOptions {
    /// Such as `https://app.example.com`: scheme, host, and a port unless it is the scheme's usual one;
    /// checked by `is_cors_origin`. Those may send cookies, too.
    std::vector<std::string> origins{};
    bool any_origin = false;           ///< every other page may call, without cookies
    std::chrono::seconds max_age{600}; ///< how long browsers remember the answer to a preflight
};

/// Whether a text is an origin as browsers send it: `http://` or `https://`, a host in lower case, perhaps a
/// port, and nothing after it.
PORTRAIT_EXPORT bool is_cors_origin(std::string_view text) noexcept;

/// The SO-AppToken values that are accepted. Keeps their SHA-256 alone. Value type; reading it is
/// thread-safe.
class PORTRAIT_EXPORT AppTokens {
public:
    /// Takes one in; an empty one is ignored.
    void add(std::string_view token);
    bool empty() const noexcept { return hashes_.empty(); }
    /// Whether it was added. Takes the same time whichever of them it is or resembles.
    bool contains(std::string_view token) const;

private:
    std::vector<std::array<std::uint8_t, 32>> hashes_;
};

} // namespace portrait::http
