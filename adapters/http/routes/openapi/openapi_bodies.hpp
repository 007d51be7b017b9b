#pragma once

#include "routes/route_documentation.hpp"

#include <boost/json/object.hpp>

namespace portrait::http {

/// A body's `content` in an OpenAPI document: media type → schema and examples. Examples are made by the code
/// that makes the answers, and those of requests can be sent as they are. `row` is the route's.
boost::json::object openapi_content(BodyContent content, const RouteRow& row);

/// What `openapi_content` refers to as `#/components/examples/…`.
boost::json::object openapi_examples();

} // namespace portrait::http
