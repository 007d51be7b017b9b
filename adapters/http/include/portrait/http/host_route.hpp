#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A request to a `HostRoute`. The references are valid during the call only.
struct HostRequest {
    const RequestHead& head;
    const Principal& principal; ///< empty if the route has `needs_caller = false`
    std::string_view person_id; ///< the segment at `{personId}`, percent-decoded; not checked
    std::string_view request_id;
    bool prefers_html = false; ///< by Accept, as a browser that shows the answer
    ImageBytes body{};
};

/// A route that the host adds to those of the contract (`EndpointOptions::host_routes`), with the same
/// authentication, CORS fields, request ids and log entries. The contract's routes win over those with their
/// method and path. The OpenAPI document doesn't list them.
///
/// ```
/// options.host_routes.push_back({.method = "GET", .path = "/", .needs_caller = false,
///                                .answer = [](const HostRequest&) {
///     Response response;
///     response.set("Content-Type", "text/html; charset=utf-8");
///     response.body = std::string{"<!DOCTYPE html><title>Pictures</title>"};
///     return response;
/// }});
/// ```
struct HostRoute {
    std::string method; ///< GET serves HEAD, too
    /// Below `EndpointOptions::base_path`. Begins with a slash; `{personId}` matches any segment; others
    /// match in any case. Requests with and without a slash at its end match.
    std::string path;
    bool needs_caller = true; ///< false: no authentication
    /// `write` needs a principal that may write, and runs on the writers' executor; `read` on the readers'.
    Access access = Access::read;
    std::uint64_t body_limit = 0; ///< bytes
    /// Answers a request, or refuses it with the contract's error object. May block; an exception is answered
    /// with 500. Called concurrently.
    std::function<ProblemOr<Response>(const HostRequest&)> answer;
};

} // namespace portrait::http
