#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/network.hpp>

#include <optional>
#include <vector>

namespace portrait::http {

/// What a trusted proxy says of the client whose request it passes on.
struct Forwarded {
    /// The right-most address of X-Forwarded-For that isn't a trusted proxy's, or the left-most when all are;
    /// absent: it names nobody, and the proxy itself is the client.
    std::optional<IpAddress> client;
    /// Whether the client speaks TLS, by the first value of X-Forwarded-Proto; absent: it doesn't say.
    std::optional<bool> secure;
    /// A part that had to be looked at was no address, or no scheme; `client` and `secure` are absent for it.
    bool is_garbled = false;
};

/// Reads the fields of a request that came from one of the trusted.
Forwarded forwarded(const RequestHead& head, const std::vector<Network>& trusted);

} // namespace portrait::http
