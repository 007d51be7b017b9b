#pragma once

#include <portrait/export.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address is the IPv4 address.
class PORTRAIT_EXPORT IpAddress {
public:
    /// Parses text without brackets, port and zone; absent when malformed.
    static std::optional<IpAddress> parse(std::string_view text);

    /// Parses text with or without a port, such as `192.0.2.1:80`, `[2001:db8::1]:443`, `[2001:db8::1]` or
    /// `2001:db8::1`.
    static std::optional<IpAddress> parse_with_port(std::string_view text);

    /// The canonical text.
    std::string to_string() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;

private:
    friend class Network;
    std::array<std::uint8_t, 16> bytes_{}; // of IPv4 the mapped form
};

/// The addresses with a common prefix.
class PORTRAIT_EXPORT Network {
public:
    /// Parses text such as `10.0.0.1`, `192.168.0.0/16`, `::1` or `fd00::/8`; absent when malformed, and when
    /// the address has bits beyond its prefix.
    static std::optional<Network> parse(std::string_view text);

    bool contains(const IpAddress& address) const noexcept;

private:
    std::array<std::uint8_t, 16> bytes_{};
    unsigned prefix_ = 0; ///< bits
};

/// The network that counts as one client: an IPv4 address itself; of an IPv6 address its /64, in which a
/// client can choose any address. Returns other text unchanged.
PORTRAIT_EXPORT std::string client_network(std::string_view address);

} // namespace portrait::http
