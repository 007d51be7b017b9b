#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait_server {

/// Where to listen.
struct ListenAddress {
    std::string address = "127.0.0.1"; ///< an IPv4 or IPv6 address, without brackets
    std::uint16_t port = 8080;         ///< 0: any free one

    bool is_ipv6() const { return address.find(':') != std::string::npos; }
    /// Only this machine can connect.
    bool is_loopback() const;
    /// Every address of the machine.
    bool is_everywhere() const { return address == "0.0.0.0" || address == "::"; }
};

/// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; nothing when it is none of these.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// `http://127.0.0.1:8080`, or https with TLS; in brackets when it is IPv6.
std::string url_of(const ListenAddress& listen, std::uint16_t port, bool tls = false);

} // namespace portrait_server
