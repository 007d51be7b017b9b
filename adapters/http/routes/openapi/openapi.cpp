#include "routes/openapi/openapi.hpp"

#include "headers/field_syntax.hpp"
#include "headers/negotiation.hpp"
#include "routes/openapi/openapi_bodies.hpp"
#include "routes/openapi/openapi_components.hpp"
#include "routes/openapi/route_documentation.hpp"
#include "routes/table.hpp"

#include <portrait/version.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

json::object component(std::string_view kind, std::string_view name) {
    return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

void add_headers(json::object& headers, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        headers.emplace(name, component("headers", name));
}

json::object headers_of(const AnswerDocumentation& answer) {
    json::object headers;
    add_headers(headers, {"X-Request-Id"});
    switch (answer.content) {
    case BodyContent::picture: add_headers(headers, {"X-Image-Width", "X-Image-Height"}); [[fallthrough]];
    case BodyContent::blob_id: add_headers(headers, {"ETag", "Last-Modified"}); break;
    case BodyContent::entity:
        add_headers(headers, {"ETag", "Last-Modified", "Content-Language", "SO-TimeZone"});
        break;
    default: break;
    }
    switch (answer.status) {
    case 206: add_headers(headers, {"Content-Range"}); break;
    case 303: add_headers(headers, {"Location", "Set-Cookie"}); break;
    case 304: add_headers(headers, {"ETag", "Last-Modified"}); break;
    case 401: add_headers(headers, {"WWW-Authenticate"}); break;
    case 412: add_headers(headers, {"ETag"}); break;
    case 415: add_headers(headers, {"Accept"}); break;
    case 416: add_headers(headers, {"Content-Range"}); break;
    case 429:
    case 503:
        if (answer.content == BodyContent::problem)
            add_headers(headers, {"Retry-After"});
        break;
    default: break;
    }
    return headers;
}

std::string refusal_name(unsigned status) {
    return fmt::format("Refusal{}", status);
}

/// An answer written out; without a body for HEAD.
json::object response(const AnswerDocumentation& answer, const Route& route, bool with_body) {
    json::object response{{"description", reason_phrase(answer.status)}, {"headers", headers_of(answer)}};
    if (auto content = openapi_content(answer.content, route); with_body && !content.empty())
        response.emplace("content", std::move(content));
    return response;
}

json::object responses(const DocumentedRoute& documentation, const Route& route, bool with_body) {
    json::object responses;
    for (const auto& answer : documentation.answers)
        responses.emplace(fmt::format_int{answer.status}.str(),
                          with_body && answer.content == BodyContent::problem
                              ? component("responses", refusal_name(answer.status))
                              : response(answer, route, with_body));
    if (with_body)
        responses.emplace("default", component("responses", "Refusal"));
    return responses;
}

/// One operation of a path. `method` is the route's own, or HEAD of a route of GET.
json::object operation(const Route& route, const DocumentedRoute& documentation, std::string_view method,
                       const AuthenticationSchemes& schemes) {
    const bool head = method == "HEAD";
    json::array parameters;
    for (const auto parameter : documentation.parameters)
        parameters.push_back(component("parameters", parameter));
    auto id = documentation.operation_id;
    if (head)
        id.replace(0, route.method.size(), "Head");
    json::object operation{{"operationId", std::move(id)},
                           {"summary", head ? "The head of what GET answers" : route.summary},
                           {"tags", json::array{documentation.tag}},
                           {"parameters", std::move(parameters)}};
    if (auto content = openapi_content(documentation.request, route); !content.empty())
        operation.emplace("requestBody",
                          json::object{{"required", documentation.request != BodyContent::agent_arguments},
                                       {"content", std::move(content)}});
    operation.emplace("responses", responses(documentation, route, !head));
    if (route.needs_caller())
        operation.emplace("security", openapi_security(schemes));
    return operation;
}

json::object options_operation(const Route& route, const DocumentedRoute& documentation) {
    json::object headers;
    add_headers(headers, {"X-Request-Id", "Allow"});
    auto id = documentation.operation_id;
    if (!is_of_agent(route))
        id.erase(0, route.method.size());
    json::array parameters;
    if (route.has_person_id())
        parameters.push_back(component("parameters", "personId"));
    return {{"operationId", "Options" + id},
            {"summary", "The methods of this path, and CORS preflight"},
            {"tags", json::array{documentation.tag}},
            {"parameters", std::move(parameters)},
            {"responses", {{"204", {{"description", reason_phrase(204)}, {"headers", std::move(headers)}}}}}};
}

/// The paths; notes which statuses refuse.
json::object paths(const EndpointOptions& options, std::set<unsigned>& refusals) {
    json::object paths;
    for (const auto* const listed : routes()) {
        const auto& route = *listed;
        if (route.is_on != nullptr && !route.is_on(options))
            continue;
        const auto documentation = document_route(route, options.strict_superoffice);
        for (const auto& answer : documentation.answers)
            if (answer.content == BodyContent::problem)
                refusals.insert(answer.status);
        const auto [entry, is_new] = paths.emplace(route.path, json::object{});
        auto& path = entry->value().as_object();
        path.emplace(lower_case(route.method),
                     operation(route, documentation, route.method, options.schemes));
        if (route.method == "GET")
            path.emplace("head", operation(route, documentation, "HEAD", options.schemes));
        if (is_new)
            path.emplace("options", options_operation(route, documentation));
    }
    return paths;
}

json::object refusal_responses(const std::set<unsigned>& statuses) {
    const AnswerDocumentation any{0, BodyContent::problem};
    json::object responses;
    for (const auto status : statuses)
        responses.emplace(refusal_name(status), response({status, BodyContent::problem}, {}, true));
    auto rest = response(any, {}, true);
    rest["description"] = "Any other refusal, such as of a head that is too large or a body that is too slow";
    responses.emplace("Refusal", std::move(rest));
    return responses;
}

} // namespace

json::object openapi_document(const EndpointOptions& options) {
    std::set<unsigned> refusals;
    auto documented = paths(options, refusals);
    auto components = openapi_components(options.schemes);
    components.emplace("responses", refusal_responses(refusals));
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", "portrait"},
              {"description", "A person's picture over SuperOffice's REST contract"},
              {"version", PORTRAIT_VERSION}}},
            {"servers", json::array{json::object{{"url", "/"}}}},
            {"paths", std::move(documented)},
            {"components", std::move(components)}};
}

ImageBytes OpenApiText::text(const EndpointOptions& options) const {
    std::call_once(made_, [&] { text_ = ImageBytes{json::serialize(openapi_document(options))}; });
    return text_;
}

Response openapi_answer(ImageBytes text) {
    Response response;
    response.set("Content-Type", std::string{content_type(ResponseType::application_json)});
    response.set("Cache-Control", "private, no-cache");
    response.body = std::move(text);
    return response;
}

} // namespace portrait::http
