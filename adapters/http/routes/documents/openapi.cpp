#include "routes/openapi/openapi.hpp"
#include "headers/negotiation.hpp"
#include "routes/documents/links.hpp"
#include "routes/table.hpp"

#include <boost/json/serialize.hpp>

namespace portrait::http {

/// GET /api/v1/openapi.json (contract section 1): always JSON, with any Accept.
static Begun begin_openapi(const RequestPointer& request) {
    const auto& contract = request->contract();
    std::call_once(contract.openapi_made, [&contract] {
        contract.openapi = boost::json::serialize(openapi_document(contract.options));
    });
    const Links links{*request};
    Response response;
    response.set("Content-Type", content_type(ResponseType::application_json));
    links.set_cache_control(response);
    response.body = with_server(contract.openapi, links.base());
    return response;
}

constinit const Route get_openapi{
    .method = "GET",
    .path = "/api/v1/openapi.json",
    .callers = Callers::visitors,
    .summary = "The routes as an OpenAPI document",
    .begin = &begin_openapi,
    .document = {.subject = "OpenApi", .answers = {{200, BodyContent::openapi}}}};

} // namespace portrait::http
