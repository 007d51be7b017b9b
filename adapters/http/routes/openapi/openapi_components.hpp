#pragma once

#include <portrait/http/caller_options.hpp>

#include <boost/json/object.hpp>

namespace portrait::http {

/// What the paths of the OpenAPI document refer to as `#/components/…`: schemas, parameters, headers and the
/// security schemes that are on. Refusals are made from the contract's statuses: `Refusal404` and so on.
boost::json::object openapi_components(const AuthenticationSchemes& schemes);

/// The alternatives of `security` for a route that asks who is calling.
boost::json::array openapi_security(const AuthenticationSchemes& schemes);

} // namespace portrait::http
