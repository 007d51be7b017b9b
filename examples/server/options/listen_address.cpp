#include "options/listen_address.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <system_error>

namespace portrait_server {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    if (read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    return port;
}

bool is_ipv4(const std::string& text) {
    in_addr ignored{};
    return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

std::optional<in6_addr> parse_ipv6(const std::string& text) {
    in6_addr address{};
    // A scope such as %eth0 is not part of the address.
    if (::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &address) != 1)
        return std::nullopt;
    return address;
}

} // namespace

bool ListenAddress::is_loopback() const {
    if (!is_ipv6())
        return address.starts_with("127.");
    const auto parsed = parse_ipv6(address);
    return parsed && IN6_IS_ADDR_LOOPBACK(&*parsed);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto port = parse_port(text.substr(colon + 1));
    const auto host = text.substr(0, colon);
    if (!port)
        return std::nullopt;
    if (host == "localhost")
        return ListenAddress{.address = "127.0.0.1", .port = *port};
    if (host.starts_with('[') && host.ends_with(']')) {
        ListenAddress listen{.address = std::string{host.substr(1, host.size() - 2)}, .port = *port};
        return parse_ipv6(listen.address) ? std::optional{listen} : std::nullopt;
    }
    ListenAddress listen{.address = std::string{host}, .port = *port};
    return is_ipv4(listen.address) ? std::optional{listen} : std::nullopt;
}

std::string url_of(const ListenAddress& listen, std::uint16_t port, bool tls) {
    const auto* const scheme = tls ? "https" : "http";
    return listen.is_ipv6() ? fmt::format("{}://[{}]:{}", scheme, listen.address, port)
                            : fmt::format("{}://{}:{}", scheme, listen.address, port);
}

} // namespace portrait_server
