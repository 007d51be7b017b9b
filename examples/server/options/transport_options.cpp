#include "options/transport_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>

namespace portrait_server {

namespace {

constexpr std::uint32_t most_hsts_seconds = 10U * 366 * 86'400;

std::string proxy_fault(const std::string& text) {
    if (portrait::http::Network::parse(text))
        return {};
    return fmt::format(
        "'{}' is not an address or a network such as 10.0.0.1, 192.168.0.0/16, ::1 or fd00::/8 "
        "(no bits beyond the prefix)",
        text);
}

} // namespace

void add_transport_options(CLI::App& app, TransportSettings& settings) {
    auto* certificate =
        app.add_option("--tls-cert", settings.tls_certificate,
                       "Speak TLS 1.2 and 1.3 by this certificate (PEM; those that lead to the root follow "
                       "it). SIGHUP reads it and the key again; open connections stay")
            ->type_name("FILE")
            ->envname("PORTRAIT_TLS_CERT");
    auto* key = app.add_option("--tls-key", settings.tls_key,
                               "Its key (PEM, without a password); one that everybody on the machine can "
                               "read is refused")
                    ->type_name("FILE")
                    ->envname("PORTRAIT_TLS_KEY");
    certificate->needs(key);
    key->needs(certificate);
    app.add_option("--hsts", settings.hsts_seconds,
                   "With TLS, tell browsers to keep to https for so long (Strict-Transport-Security); "
                   "0: don't")
        ->check(CLI::Range{std::uint32_t{0}, most_hsts_seconds}.description(""))
        ->type_name("SECONDS")
        ->default_str("0")
        ->needs(certificate)
        ->envname("PORTRAIT_HSTS");
    app.add_option("--trusted-proxy", settings.trusted_proxies,
                   "A proxy, or a network of them, separated by spaces or given again, whose X-Forwarded-For "
                   "and X-Forwarded-Proto are believed: limits and logs are then about the client behind it")
        ->delimiter(' ')
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1)
        ->check(CLI::Validator{proxy_fault, {}})
        ->type_name("ADDR[/BITS]")
        ->envname("PORTRAIT_TRUSTED_PROXY");
}

std::optional<portrait::http::TlsOptions> tls_options(const TransportSettings& settings) {
    if (!settings.speaks_tls())
        return std::nullopt;
    return portrait::http::TlsOptions{.certificate = *settings.tls_certificate,
                                      .key = *settings.tls_key,
                                      .hsts = std::chrono::seconds{settings.hsts_seconds}};
}

std::vector<portrait::http::Network> trusted_proxies(const TransportSettings& settings) {
    std::vector<portrait::http::Network> networks;
    for (const auto& text : settings.trusted_proxies)
        if (const auto network = portrait::http::Network::parse(text))
            networks.push_back(*network);
    return networks;
}

} // namespace portrait_server
