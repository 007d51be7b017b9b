#pragma once

#include "routes/route.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace portrait::http {

/// The OpenAPI 3.1 document of an endpoint with these options, made from the table of routes: each route with
/// its parameters, bodies and answers, HEAD wherever GET is, OPTIONS of every path. It is equal for all
/// callers.
boost::json::object openapi_document(const EndpointOptions& options);

/// A body's `content` in the document: media type → schema and examples. The examples of answers are made by
/// the code of the answers; those of requests can be sent unchanged. `route` has the arguments of an agent's
/// call.
boost::json::object openapi_content(BodyContent content, const Route& route);

/// The `content` of a request's body.
boost::json::object openapi_request(const Route& route, const EndpointOptions& options);

/// The targets of `#/components/examples/…`.
boost::json::object openapi_examples();

/// The other targets of `#/components/…`: schemas, parameters, headers, and the security schemes that are on.
/// The refusals, such as `Refusal404`, are made from the contract's statuses.
boost::json::object openapi_components(const AuthenticationSchemes& schemes);

/// The alternatives of `security` for a route that needs a caller.
boost::json::array openapi_security(const AuthenticationSchemes& schemes);

/// The product, its version, and the path of each version of the interface.
boost::json::object api_versions();

} // namespace portrait::http
