#pragma once

#include <boost/json/object.hpp>

namespace portrait::http {

/// What `GET /api` answers: the product, its version, and where the interface's versions live.
boost::json::object api_versions();

/// What `GET /api/v1` answers: path → { METHOD: what it does }, made from the table of routes.
boost::json::object api_routes();

} // namespace portrait::http
