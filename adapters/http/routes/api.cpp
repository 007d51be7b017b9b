#include "pictures/image_answers.hpp"
#include "routes/openapi/api_index.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// GET /api (contract section 1): the product, its version, and where the interface's versions live.
Begun begin_api(const RequestPointer& request) {
    return document_answer(request->response_type(), "Api", api_versions());
}

RouteDocumentation document_api() {
    return {.subject = "Api", .answers = {{200, BodyContent::versions}}};
}

} // namespace

constinit const Route get_api{.method = "GET",
                              .path = "/api",
                              .summary = "Where the versions of this interface live",
                              .begin = &begin_api,
                              .document = &document_api};

} // namespace portrait::http
