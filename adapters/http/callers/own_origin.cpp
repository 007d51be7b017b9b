#include "callers/own_origin.hpp"

#include <boost/url/parse.hpp>

namespace portrait::http {
namespace {

bool is_usable(std::string_view authority) {
    const auto parsed = boost::urls::parse_authority(authority);
    return parsed && !parsed->has_userinfo() && !parsed->encoded_host().empty();
}

} // namespace

std::string OwnOrigin::text() const {
    return source == Source::none ? std::string{} : std::string{scheme}.append("://").append(authority);
}

OwnOrigin own_origin(const RequestHead& head, std::string_view public_url) {
    using Source = OwnOrigin::Source;
    if (!public_url.empty()) {
        const auto scheme = public_url.substr(0, public_url.find("://"));
        return {Source::public_url, scheme, public_url.substr(scheme.size() + 3)};
    }
    const std::string_view scheme = head.secure ? "https" : "http";
    if (!head.forwarded_host.empty())
        return is_usable(head.forwarded_host) ? OwnOrigin{Source::proxy, scheme, head.forwarded_host}
                                              : OwnOrigin{};
    const auto* const field = head.count("Host") == 1 ? head.find("Host") : nullptr;
    return field != nullptr && is_usable(*field) ? OwnOrigin{Source::host, scheme, *field} : OwnOrigin{};
}

} // namespace portrait::http
