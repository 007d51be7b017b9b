#include "routes/openapi/openapi.hpp"
#include "headers/negotiation.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <boost/json/serialize.hpp>

namespace portrait::http {

/// GET /api/v1/openapi.json (contract section 1): always JSON, with any Accept.
static Begun begin_openapi(const RequestPointer& request) {
    const auto& contract = request->contract();
    std::call_once(contract.openapi_made, [&contract] {
        contract.openapi = ImageBytes{boost::json::serialize(openapi_document(contract.options))};
    });
    Response response;
    response.set("Content-Type", std::string{content_type(ResponseType::application_json)});
    response.set("Cache-Control", "private, no-cache");
    response.body = contract.openapi;
    return response;
}

constinit const Route get_openapi{
    .method = "GET",
    .path = "/api/v1/openapi.json",
    .summary = "The routes as an OpenAPI document",
    .begin = &begin_openapi,
    .document = {.subject = "OpenApi", .answers = {{200, BodyContent::openapi}}}};

} // namespace portrait::http
