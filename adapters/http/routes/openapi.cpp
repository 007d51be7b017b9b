#include "routes/openapi/openapi.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

namespace {

/// GET /api/v1/openapi.json (contract section 1): JSON whatever Accept says, as there is no other form of it.
Begun begin_openapi(const RequestPointer& request) {
    return openapi_answer(request->contract().openapi.text(request->options()));
}

RouteDocumentation document_openapi() {
    return {.subject = "OpenApi", .answers = {{200, BodyContent::openapi}}};
}

} // namespace

constinit const Route get_openapi{.method = "GET",
                                  .path = "/api/v1/openapi.json",
                                  .summary = "The routes as an OpenAPI document",
                                  .begin = &begin_openapi,
                                  .document = &document_openapi};

} // namespace portrait::http
