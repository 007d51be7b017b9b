#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /api/v1 (contract section 1): path → { METHOD: summary }.
static Begun begin_api_v1(const RequestPointer& request) {
    boost::json::object paths;
    for (const auto* route : routes()) {
        auto& methods = paths.emplace(route->path, boost::json::object{}).first->value().as_object();
        methods.emplace(route->method, route->summary);
    }
    return document_answer(request->response_type(), "Routes", paths);
}

constinit const Route get_api_v1{.method = "GET",
                                 .path = "/api/v1",
                                 .summary = "The routes, with a line about each",
                                 .begin = &begin_api_v1,
                                 .document = {.subject = "ApiV1", .answers = {{200, BodyContent::routes}}}};

} // namespace portrait::http
