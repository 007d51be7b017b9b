#pragma once

#include <portrait/beast/server.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace portrait_server {

/// What lies between the clients and the server.
struct TransportSettings {
    std::optional<std::filesystem::path> tls_certificate{}; ///< absent: plain HTTP
    std::optional<std::filesystem::path> tls_key{};         ///< there whenever the certificate is
    std::uint32_t hsts_seconds = 0;                         ///< 0: no Strict-Transport-Security
    std::vector<std::string> trusted_proxies{};             ///< addresses and networks

    bool speaks_tls() const noexcept { return tls_certificate && tls_key; }
};

/// Adds their switches.
void add_transport_options(CLI::App& app, TransportSettings& settings);

/// What the library's server gets of them; absent: plain HTTP.
std::optional<portrait::http::TlsOptions> tls_options(const TransportSettings& settings);

/// The same of the proxies.
std::vector<portrait::http::Network> trusted_proxies(const TransportSettings& settings);

} // namespace portrait_server
