#include "options/values.hpp"

#include "options/help.hpp"

#ifdef PORTRAIT_SERVER_POSTGRES
#include <portrait/postgres/connection_string.hpp>
#endif

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace portrait_server {

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos)
        return std::nullopt;
    const auto* const end = text.data() + text.size();
    std::uint16_t port = 0;
    const auto read = std::from_chars(text.data() + colon + 1, end, port);
    if (read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    namespace ip = boost::asio::ip;
    const std::string host{text.substr(0, colon)};
    boost::system::error_code fault;
    ip::address address = ip::address_v4::loopback();
    if (host.starts_with('[') && host.ends_with(']'))
        address = ip::make_address_v6(host.substr(1, host.size() - 2), fault);
    else if (host != "localhost")
        address = ip::make_address_v4(host, fault);
    return fault ? std::nullopt : std::optional{ListenAddress{address, port}};
}

std::string listen_fault(const std::string& text) {
    if (parse_listen_address(text))
        return {};
    return fmt::format("'{}' is not an address and a port, such as 127.0.0.1:8080, [::1]:8080, "
                       "localhost:8080 or 0.0.0.0:8080",
                       text);
}

std::string store_fault(const std::string& text) {
#ifdef PORTRAIT_SERVER_POSTGRES
    const auto checked = portrait::postgres::check_connection_string(text);
    return checked ? std::string{} : checked.error().message();
#else
    return text.empty() ? std::string{}
                        : "This server was built without PostgreSQL; --data names its data folder";
#endif
}

std::string origin_fault(const std::string& text) {
    if (text == "*" || portrait::http::is_cors_origin(text))
        return {};
    return fmt::format("'{}' is not * or an origin such as https://app.example.com: scheme and host in lower "
                       "case, an optional port, nothing after it",
                       text);
}

std::string read_public_url(std::string& text) {
    auto origin = boost::to_lower_copy(text);
    if (origin.ends_with('/'))
        origin.pop_back();
    if (!portrait::http::is_cors_origin(origin))
        return fmt::format(
            "'{}' is not an address such as https://pictures.example.com: http or https, a host, an "
            "optional port, nothing after it",
            text);
    text = std::move(origin);
    return {};
}

std::string read_base_path(std::string& text) {
    const auto path = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    if (!portrait::http::is_base_path(path))
        return fmt::format(
            "'{}' is not a path such as /Cust12345 or /a/b: a slash and a name of letters, digits "
            "and -._~, perhaps several times",
            text);
    text = path;
    return {};
}

std::string proxy_fault(const std::string& text) {
    if (portrait::http::Network::parse(text))
        return {};
    return fmt::format("'{}' is not an address or a network such as 10.0.0.1, 192.168.0.0/16, ::1 or "
                       "fd00::/8 (no bits beyond the prefix)",
                       text);
}

std::optional<portrait::ConvertibleFormat> parse_convertible(std::string_view text) {
    for (const auto format : portrait::all_convertible_formats)
        if (boost::iequals(text, name_of(format)))
            return format;
    return std::nullopt;
}

std::string convertible_fault(const std::string& text) {
    if (parse_convertible(text))
        return {};
    return fmt::format("'{}' is not a format that can be converted: webp, heic or avif", text);
}

std::string read_size(std::string& text) {
    const auto given = text;
    try {
        if (const auto fault = CLI::AsSizeValue{false}(text); fault.empty())
            return {};
    } catch (const CLI::ValidationError&) {
        text = given; // an unknown unit, or a size beyond 64 bits
    }
    return fmt::format("'{}' is not a number of bytes, such as 1048576, 512KiB, 10MiB or 1GiB", given);
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t mebibyte = 1ULL << 20;
    return bytes % mebibyte == 0 ? fmt::format("{}MiB", bytes / mebibyte) : fmt::format("{}", bytes);
}

} // namespace portrait_server
