#pragma once

#include <portrait/export.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/network.hpp>

#include <optional>
#include <vector>

namespace portrait::http {

/// The client of a request that a trusted proxy has forwarded.
struct Forwarded {
    /// The right-most address of X-Forwarded-For that isn't a trusted proxy's, or the left-most when all are;
    /// absent: there is none, and the proxy counts as the client.
    std::optional<IpAddress> client;
    /// Whether the client uses TLS, by the first value of X-Forwarded-Proto; absent: not given.
    std::optional<bool> secure;
    /// An address or the scheme was malformed; it is absent then.
    bool is_malformed = false;
};

/// Reads X-Forwarded-For and X-Forwarded-Proto of a request from a trusted proxy.
PORTRAIT_EXPORT Forwarded forwarded(const RequestHead& head, const std::vector<Network>& trusted);

} // namespace portrait::http
