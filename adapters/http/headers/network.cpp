#include <portrait/http/network.hpp>

#include "headers/field_syntax.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace portrait::http {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr unsigned mapped_bits = 96; // of the prefix that makes IPv4 addresses IPv6 ones
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool is_mapped(const Bytes& bytes) {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

/// The bytes with zeros after the first `prefix` bits.
Bytes masked(Bytes bytes, unsigned prefix) {
    for (unsigned index = prefix / 8; index < bytes.size(); ++index)
        bytes[index] &=
            index == prefix / 8 ? static_cast<std::uint8_t>(0xFF00U >> prefix % 8) : std::uint8_t{0};
    return bytes;
}

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> ended{}; // inet_pton needs a text that ends in NUL
    if (text.size() >= ended.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    text.copy(ended.data(), text.size());
    IpAddress address;
    auto* const bytes = address.bytes_.data();
    if (::inet_pton(AF_INET6, ended.data(), bytes) == 1)
        return address;
    std::copy(mapped_prefix.begin(), mapped_prefix.end(), bytes);
    if (::inet_pton(AF_INET, ended.data(), bytes + mapped_prefix.size()) == 1)
        return address;
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::parse_with_port(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos ||
            (end + 1 != text.size() && (text[end + 1] != ':' || !is_port(text.substr(end + 2)))))
            return std::nullopt;
        const auto inside = text.substr(1, end - 1);
        return inside.find(':') == std::string_view::npos ? std::nullopt : parse(inside);
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && text.find('.') < colon && is_port(text.substr(colon + 1)))
        text = text.substr(0, colon);
    return parse(text);
}

std::string IpAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_mapped(bytes_))
        ::inet_ntop(AF_INET, bytes_.data() + mapped_prefix.size(), text.data(), text.size());
    else
        ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    Network network;
    network.bytes_ = address->bytes_;
    const bool is_ipv4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned before = is_ipv4 ? mapped_bits : 0;
    network.prefix_ = 128;
    if (slash != std::string_view::npos) {
        const auto bits = parse_number<unsigned>(text.substr(slash + 1));
        if (!bits || *bits > 128 - before)
            return std::nullopt;
        network.prefix_ = before + *bits;
    }
    return masked(network.bytes_, network.prefix_) == network.bytes_ ? std::optional{network} : std::nullopt;
}

bool Network::contains(const IpAddress& address) const noexcept {
    return masked(address.bytes_, prefix_) == bytes_;
}

std::string client_network(std::string_view address) {
    constexpr unsigned client_bits = 64;
    std::string text{address.substr(0, address.find('%'))};
    Bytes parsed{};
    if (::inet_pton(AF_INET6, text.c_str(), parsed.data()) != 1)
        return text;
    parsed = masked(parsed, client_bits);
    std::array<char, INET6_ADDRSTRLEN> network{};
    return ::inet_ntop(AF_INET6, parsed.data(), network.data(), network.size()) != nullptr ? network.data()
                                                                                           : text;
}

} // namespace portrait::http
