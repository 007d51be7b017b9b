#include "pictures/image_answers.hpp"
#include "routes/openapi/api_index.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// GET /api/v1 (contract section 1): path → { METHOD: summary }.
Begun begin_api_v1(const RequestPointer& request) {
    return document_answer(request->response_type(), "Routes", api_routes());
}

RouteDocumentation document_api_v1() {
    return {.subject = "ApiV1", .answers = {{200, BodyContent::routes}}};
}

} // namespace

constinit const Route get_api_v1{.method = "GET",
                                 .path = "/api/v1",
                                 .summary = "The routes, with a line about each",
                                 .begin = &begin_api_v1,
                                 .document = &document_api_v1};

} // namespace portrait::http
