#pragma once

#include "routes/route.hpp"

#include <portrait/limits.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The OpenAPI 3.1 document of an endpoint with these options, made from the table of routes: each route with
/// its parameters, bodies and answers, HEAD wherever GET is, OPTIONS of every path. It is equal for all
/// callers, and without the server, which each caller reaches by a URL of its own.
boost::json::object openapi_document(const EndpointOptions& options);

/// The serialised document with the server's URL. An empty one is the host of the document itself.
std::string with_server(std::string_view document, std::string_view url);

/// A body's `content` in the document: media type → schema and examples. The examples of answers are made by
/// the code of the answers; those of requests can be sent unchanged. `route` has the arguments of an agent's
/// call.
boost::json::object openapi_content(BodyContent content, const Route& route);

/// The `content` of a request's body.
boost::json::object openapi_request(const Route& route, const EndpointOptions& options);

/// Arguments of an agent's call that can be sent unchanged.
boost::json::object example_arguments(const Route& route);

/// The targets of `#/components/examples/…`.
boost::json::object openapi_examples();

/// The other targets of `#/components/…`: schemas, parameters, headers, and the security schemes that are on.
/// The refusals, such as `Refusal404`, are made from the contract's statuses.
boost::json::object openapi_components(const AuthenticationSchemes& schemes);

/// The alternatives of `security` for a route that needs a caller.
boost::json::array openapi_security(const AuthenticationSchemes& schemes);

/// The product, its version, the URL of the interface's version, and which pictures are accepted.
boost::json::object api_versions(std::string_view url, const Limits& limits, ConvertibleFormats converted);

} // namespace portrait::http
