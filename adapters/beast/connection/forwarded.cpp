#include "connection/forwarded.hpp"

#include "headers/field_syntax.hpp"

#include <algorithm>
#include <string_view>

namespace portrait::http {
namespace {

/// Of `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`, and of the first and the last with a port behind.
std::optional<IpAddress> address_of(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos ||
            (end + 1 != text.size() && (text[end + 1] != ':' || !is_port(text.substr(end + 2)))))
            return std::nullopt;
        const auto inside = text.substr(1, end - 1);
        return inside.find(':') == std::string_view::npos ? std::nullopt : IpAddress::parse(inside);
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && text.find('.') < colon && is_port(text.substr(colon + 1)))
        text = text.substr(0, colon);
    return IpAddress::parse(text);
}

void read_addresses(const RequestHead& head, const std::vector<Network>& trusted, Forwarded& said) {
    for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
        if (!equal_ignoring_case(field->name, "X-Forwarded-For"))
            continue;
        for (auto rest = field->value; !rest.empty();) {
            const auto comma = rest.rfind(',');
            const auto text = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
            if (text.empty())
                continue;
            said.client = address_of(text);
            said.is_garbled = !said.client;
            if (!said.client || std::none_of(trusted.begin(), trusted.end(), [&](const Network& network) {
                    return network.contains(*said.client);
                }))
                return;
        }
    }
}

void read_scheme(const RequestHead& head, Forwarded& said) {
    const auto* const field = head.find("X-Forwarded-Proto");
    if (field == nullptr)
        return;
    const auto scheme = trimmed(field->substr(0, field->find(',')));
    if (equal_ignoring_case(scheme, "https") || equal_ignoring_case(scheme, "http"))
        said.secure = scheme.size() == std::string_view{"https"}.size();
    else
        said.is_garbled = true;
}

} // namespace

Forwarded forwarded(const RequestHead& head, const std::vector<Network>& trusted) {
    Forwarded said;
    read_addresses(head, trusted, said);
    read_scheme(head, said);
    return said;
}

} // namespace portrait::http
