#include <portrait/http/forwarded.hpp>

#include "headers/field_syntax.hpp"

#include <algorithm>
#include <string_view>

namespace portrait::http {
namespace {

void read_addresses(const RequestHead& head, const std::vector<Network>& trusted, Forwarded& result) {
    for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
        if (!equal_ignoring_case(field->name, "X-Forwarded-For"))
            continue;
        for (auto rest = field->value; !rest.empty();) {
            const auto comma = rest.rfind(',');
            const auto text = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
            if (text.empty())
                continue;
            result.client = IpAddress::parse_with_port(text);
            result.is_malformed = !result.client;
            if (!result.client || std::none_of(trusted.begin(), trusted.end(), [&](const Network& network) {
                    return network.contains(*result.client);
                }))
                return;
        }
    }
}

void read_scheme(const RequestHead& head, Forwarded& result) {
    const auto* const field = head.find("X-Forwarded-Proto");
    if (field == nullptr)
        return;
    const auto scheme = trimmed(field->substr(0, field->find(',')));
    if (equal_ignoring_case(scheme, "https") || equal_ignoring_case(scheme, "http"))
        result.secure = scheme.size() == std::string_view{"https"}.size();
    else
        result.is_malformed = true;
}

void read_host(const RequestHead& head, Forwarded& result) {
    const auto* const field = head.find("X-Forwarded-Host");
    if (field == nullptr)
        return;
    const auto host = trimmed(field->substr(0, field->find(',')));
    if (!host.empty() && is_host(host))
        result.host = host;
    else
        result.is_malformed = true;
}

} // namespace

Forwarded forwarded(const RequestHead& head, const std::vector<Network>& trusted) {
    Forwarded result;
    read_addresses(head, trusted, result);
    read_scheme(head, result);
    read_host(head, result);
    return result;
}

} // namespace portrait::http
