#include "pictures/image_answers.hpp"
#include "routes/documents/links.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /api/v1 (contract section 1): absolute URL → { METHOD: summary }.
static Begun begin_api_v1(const RequestPointer& request) {
    const Links links{*request};
    boost::json::object urls;
    for (const auto* route : routes()) {
        if (!is_on(*route, request->options()))
            continue;
        auto& methods = urls.emplace(links.to(*route), boost::json::object{}).first->value().as_object();
        methods.emplace(route->method, route->summary);
    }
    auto answer = document_answer(request->response_type(), "Routes", urls);
    links.set_cache_control(answer);
    return answer;
}

constinit const Route get_api_v1{.method = "GET",
                                 .path = "/api/v1",
                                 .summary = "The routes, with a line about each",
                                 .begin = &begin_api_v1,
                                 .document = {.subject = "ApiV1", .answers = {{200, BodyContent::routes}}}};

} // namespace portrait::http
