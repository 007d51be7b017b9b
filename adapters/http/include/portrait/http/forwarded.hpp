#pragma once

#include <portrait/export.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/network.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The client of a request that a trusted proxy has forwarded.
struct Forwarded {
    /// The right-most address of X-Forwarded-For that isn't a trusted proxy's, or the left-most when all are;
    /// absent: there is none, and the proxy counts as the client.
    std::optional<IpAddress> client;
    /// Whether the client uses TLS, by the first value of X-Forwarded-Proto; absent: not given.
    std::optional<bool> secure;
    /// The host, and port if any, that the client has asked for, by the first value of X-Forwarded-Host; a
    /// view into the head, empty: not given.
    std::string_view host{};
    /// An address, the scheme or the host was malformed; it is absent then.
    bool is_malformed = false;
};

/// Reads X-Forwarded-For, -Proto and -Host of a request from a trusted proxy.
PORTRAIT_EXPORT Forwarded forwarded(const RequestHead& head, const std::vector<Network>& trusted);

} // namespace portrait::http
