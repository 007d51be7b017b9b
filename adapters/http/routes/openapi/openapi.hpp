#pragma once

#include <portrait/http/endpoint.hpp>
#include <portrait/image_bytes.hpp>

#include <boost/json/object.hpp>

#include <mutex>

namespace portrait::http {

/// The OpenAPI 3.1 document of an endpoint with these options, made from the table of routes: each route with
/// its parameters, bodies and answers, HEAD wherever GET is, OPTIONS of every path. It is equal for all
/// callers.
boost::json::object openapi_document(const EndpointOptions& options);

/// The serialised document, made by the first call of `text`. Thread-safe.
class OpenApiText {
public:
    /// Shares one buffer between all calls, so `options` must always be equal.
    ImageBytes text(const EndpointOptions& options) const;

private:
    mutable std::once_flag made_;
    mutable ImageBytes text_;
};

/// The product, its version, and the path of each version of the interface.
boost::json::object api_versions();

} // namespace portrait::http
