#include "routes/openapi/api_index.hpp"

#include "routes/table.hpp"

#include <portrait/version.hpp>

namespace portrait::http {

namespace json = boost::json;

json::object api_versions() {
    return {{"ProductName", "portrait"}, {"ProductVersion", PORTRAIT_VERSION}, {"v1", "/api/v1"}};
}

json::object api_routes() {
    json::object paths;
    for (const auto* route : routes()) {
        auto& methods = paths.emplace(route->path, json::object{}).first->value().as_object();
        methods.emplace(route->method, route->summary);
    }
    return paths;
}

} // namespace portrait::http
