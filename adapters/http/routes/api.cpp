#include "pictures/image_answers.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /api (contract section 1): the product, its version, and the path of the interface's version.
static Begun begin_api(const RequestPointer& request) {
    return document_answer(request->response_type(), "Api", api_versions());
}

constinit const Route get_api{.method = "GET",
                              .path = "/api",
                              .summary = "Where the versions of this interface live",
                              .begin = &begin_api,
                              .document = {.subject = "Api", .answers = {{200, BodyContent::versions}}}};

} // namespace portrait::http
