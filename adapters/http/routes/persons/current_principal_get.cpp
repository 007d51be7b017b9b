#include "entity/carriers.hpp"
#include "pictures/image_answers.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

namespace portrait::http {

/// GET /api/v1/User/currentPrincipal (contract section 1): the caller, as the vendor's SoPrincipalCarrier.
static Begun begin_get_current_principal(const RequestPointer& request) {
    return document_answer(request->response_type(), "SoPrincipalCarrier",
                           principal_carrier(request->principal()));
}

constinit const Route get_current_principal{
    .method = "GET",
    .path = "/api/v1/User/currentPrincipal",
    .summary = "The caller: name, associate, person and rights",
    .begin = &begin_get_current_principal,
    .document = {.subject = "CurrentPrincipal", .answers = {{200, BodyContent::principal}}}};

} // namespace portrait::http
