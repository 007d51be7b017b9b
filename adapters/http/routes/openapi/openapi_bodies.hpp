#pragma once

#include "routes/route.hpp"

#include <boost/json/object.hpp>

namespace portrait::http {

/// A body's `content` in an OpenAPI document: media type → schema and examples. Examples are made by the code
/// that makes the answers, and those of requests can be sent as they are. `route` has the arguments of an
/// agent's call.
boost::json::object openapi_content(BodyContent content, const Route& route);

/// What `openapi_content` refers to as `#/components/examples/…`.
boost::json::object openapi_examples();

} // namespace portrait::http
