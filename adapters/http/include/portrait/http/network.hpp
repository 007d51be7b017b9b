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
    /// Of text without brackets, port and zone; absent when it is none.
    static std::optional<IpAddress> parse(std::string_view text);

    /// The one usual way to write it.
    std::string to_string() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;

private:
    friend class Network;
    std::array<std::uint8_t, 16> bytes_{}; // of IPv4 the mapped form
};

/// The addresses that begin with the same bits.
class PORTRAIT_EXPORT Network {
public:
    /// Of text such as `10.0.0.1`, `192.168.0.0/16`, `::1` or `fd00::/8`; absent when it is none, and when
    /// the address has bits beyond its prefix.
    static std::optional<Network> parse(std::string_view text);

    bool contains(const IpAddress& address) const noexcept;

private:
    std::array<std::uint8_t, 16> bytes_{};
    unsigned prefix_ = 0; ///< bits
};

} // namespace portrait::http
