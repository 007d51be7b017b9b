#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The origin by which a client reaches the endpoint.
struct OwnOrigin {
    /// Where the origin comes from, from the most reliable on.
    enum class Source {
        public_url, ///< `EndpointOptions::public_url`
        proxy,      ///< `RequestHead::forwarded_host`
        host,       ///< the Host field, which any client can forge
        none,       ///< no usable host
    };
    Source source = Source::none;
    std::string_view scheme{};    ///< `http` or `https`
    std::string_view authority{}; ///< host, and port if any

    /// Such as `https://pictures.example.com`; empty without a usable host, so that URLs made with it are
    /// relative ones.
    std::string text() const;
};

/// The origin by which the client of a request reaches the endpoint; views into the request and the URL. A
/// host that is no host of RFC 3986 is not usable, nor are two Host fields.
OwnOrigin own_origin(const RequestHead& head, std::string_view public_url);

} // namespace portrait::http
