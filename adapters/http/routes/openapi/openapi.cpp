#include "routes/openapi/openapi.hpp"

#include "headers/content_types.hpp"
#include "headers/field_syntax.hpp"
#include "routes/table.hpp"

#include <portrait/version.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

json::object component(std::string_view kind, std::string_view name) {
    return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}};
}

json::object headers_of(const AnswerDocumentation& answer, const Route& route) {
    const auto [status, content] = answer;
    const bool is_stored = route.takes_picture && status < 300;
    const bool is_picture = content == BodyContent::picture;
    const bool is_entity = content == BodyContent::entity || content == BodyContent::entity_or_null;
    const bool is_write = route.access == Access::write && status < 300;
    const bool has_version = !is_write && (is_picture || is_entity || status == 304);
    json::object headers;
    for (const auto& [name, is_set] : std::initializer_list<std::pair<std::string_view, bool>>{
             {"X-Request-Id", true},
             {"X-Image-Width", is_picture},
             {"X-Image-Height", is_picture},
             {"X-Image-Type", is_stored},
             {"X-Image-ETag", is_stored || (is_write && is_entity)},
             {"ETag", has_version || is_stored || status == 412},
             {"Last-Modified", has_version},
             {"Content-Language", is_entity},
             {"SO-TimeZone", is_entity},
             {"Location", status == 303},
             {"Set-Cookie", status == 303},
             {"WWW-Authenticate", status == 401},
             {"Accept", status == 415},
             {"Content-Range", status == 206 || status == 416},
             {"Retry-After", content == BodyContent::problem && (status == 429 || status == 503)}})
        if (is_set)
            headers.emplace(name, component("headers", name));
    return headers;
}

/// A unique id, such as `GetPersonImage`.
std::string operation_id(const Route& route) {
    if (!is_of_agent(route))
        return fmt::format("{}{}{}", route.method.front(), lower_case(route.method.substr(1)),
                           route.document.subject);
    std::string id{route.path.substr(agents_path.size())};
    std::erase(id, '/');
    return id;
}

/// Where a route is that is outside the base path. A URL relative to the document's.
void add_server(json::object& operation, const Route& route, const EndpointOptions& options) {
    if (route.at_root && !options.base_path.empty())
        operation.emplace("servers", json::array{json::object{{"url", "/"}}});
}

/// The group of the route.
std::string tag(const Route& route) {
    if (is_of_agent(route)) {
        const auto call = route.path.substr(agents_path.size());
        return fmt::format("{} agent", call.substr(0, call.find('/')));
    }
    if (route.has_person_id())
        return "Person";
    if (route.path == "/session")
        return "Session";
    return route.callers == Callers::anyone ? "Health" : "Interface";
}

json::array parameters_of(const Route& route) {
    json::array parameters;
    const auto add = [&](std::string_view name) { parameters.push_back(component("parameters", name)); };
    if (route.has_person_id())
        add("personId");
    for (const auto name : route.document.parameters)
        add(name);
    add("X-Request-Id");
    if (route.needs_caller())
        add("SO-AppToken");
    return parameters;
}

/// The answers by status, refusals included. `strict` is the switch of contract section 2.
std::map<unsigned, BodyContent> answers_of(const Route& route, bool strict) {
    std::map<unsigned, BodyContent> answers;
    for (const auto& answer : route.document.answers)
        answers.emplace(answer.status, answer.content);
    for (const auto status : route.document.refusals)
        if (!strict || !route.takes_picture || !is_400_when_strict(status))
            answers.emplace(status, BodyContent::problem);
    if (route.needs_caller())
        for (const auto status : {401U, 403U, 429U, 500U, 503U})
            answers.emplace(status, BodyContent::problem);
    return answers;
}

std::string refusal_name(unsigned status) {
    return fmt::format("Refusal{}", status);
}

/// A response object; without content for HEAD.
json::object response(const AnswerDocumentation& answer, const Route& route, bool with_body) {
    json::object response{{"description", reason_phrase(answer.status)},
                          {"headers", headers_of(answer, route)}};
    if (auto content = openapi_content(answer.content, route); with_body && !content.empty())
        response.emplace("content", std::move(content));
    return response;
}

/// A refusal of any status; without content for HEAD.
json::object any_refusal(bool with_body) {
    auto refusal = response({0, BodyContent::problem}, {}, with_body);
    refusal["description"] =
        "Any other refusal, such as of a head that is too large or a body that is too slow";
    return refusal;
}

/// One operation of a path. `method` is the route's own, or HEAD for a route of GET.
json::object operation(const Route& route, const std::map<unsigned, BodyContent>& answers,
                       std::string_view method, const EndpointOptions& options) {
    const bool head = method == "HEAD";
    auto id = operation_id(route);
    if (head)
        id.replace(0, route.method.size(), "Head");
    json::object operation{{"operationId", std::move(id)},
                           {"summary", head ? "The head of what GET answers" : route.summary},
                           {"tags", json::array{tag(route)}},
                           {"parameters", parameters_of(route)}};
    if (auto content = openapi_request(route, options); !content.empty())
        operation.emplace("requestBody",
                          json::object{{"required", route.document.request != BodyContent::agent_arguments},
                                       {"content", std::move(content)}});
    json::object responses;
    for (const auto& [status, content] : answers) {
        if (head && (status == 206 || status == 416)) // HEAD ignores Range
            continue;
        responses.emplace(fmt::format_int{status}.str(), !head && content == BodyContent::problem
                                                             ? component("responses", refusal_name(status))
                                                             : response({status, content}, route, !head));
    }
    if (const auto client_error = answers.lower_bound(400);
        client_error == answers.end() || client_error->first >= 500)
        responses.emplace("4XX", head ? any_refusal(false) : component("responses", "Refusal"));
    if (!head)
        responses.emplace("default", component("responses", "Refusal"));
    operation.emplace("responses", std::move(responses));
    operation.emplace("security", route.needs_caller() ? openapi_security(options.schemes) : json::array{});
    add_server(operation, route, options);
    return operation;
}

json::object options_operation(const Route& route, const EndpointOptions& options) {
    json::object headers{{"X-Request-Id", component("headers", "X-Request-Id")},
                         {"Allow", component("headers", "Allow")}};
    auto id = operation_id(route);
    if (!is_of_agent(route))
        id.erase(0, route.method.size());
    json::array parameters;
    if (route.has_person_id())
        parameters.push_back(component("parameters", "personId"));
    for (const auto name : route.document.parameters)
        if (route.path.find(fmt::format("{{{}}}", name)) != std::string_view::npos)
            parameters.push_back(component("parameters", name));
    json::object operation{{"operationId", "Options" + id},
                           {"summary", "The methods of this path, and CORS preflight"},
                           {"tags", json::array{tag(route)}},
                           {"parameters", std::move(parameters)},
                           {"responses",
                            {{"204", {{"description", reason_phrase(204)}, {"headers", std::move(headers)}}},
                             {"4XX", component("responses", "Refusal")}}},
                           {"security", json::array{}}};
    add_server(operation, route, options);
    return operation;
}

/// The paths. Adds the statuses of refusals to `refusals`.
json::object paths(const EndpointOptions& options, std::set<unsigned>& refusals) {
    json::object paths;
    for (const auto* const route : routes()) {
        if (route->is_on != nullptr && !route->is_on(options))
            continue;
        const auto answers = answers_of(*route, options.strict_superoffice);
        for (const auto& [status, content] : answers)
            if (content == BodyContent::problem)
                refusals.insert(status);
        const auto [entry, is_new] = paths.emplace(route->path, json::object{});
        auto& path = entry->value().as_object();
        path.emplace(lower_case(route->method), operation(*route, answers, route->method, options));
        if (route->method == "GET")
            path.emplace("head", operation(*route, answers, "HEAD", options));
        if (is_new)
            path.emplace("options", options_operation(*route, options));
    }
    return paths;
}

json::object refusal_responses(const std::set<unsigned>& statuses) {
    json::object responses;
    for (const auto status : statuses)
        responses.emplace(refusal_name(status), response({status, BodyContent::problem}, {}, true));
    responses.emplace("Refusal", any_refusal(true));
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
              {"license", {{"name", "Boost Software License 1.0"}, {"identifier", "BSL-1.0"}}},
              {"version", PORTRAIT_VERSION}}},
            {"paths", std::move(documented)},
            {"components", std::move(components)}};
}

std::string with_server(std::string_view document, std::string_view url) {
    const json::array servers{json::object{{"url", url.empty() ? "/" : url}}};
    return fmt::format(R"({},"servers":{}}})", document.substr(0, document.size() - 1),
                       json::serialize(servers));
}

json::object api_versions(std::string_view url, const Limits& limits, ConvertibleFormats converted) {
    json::array formats;
    for (const auto type : accepted_picture_types(limits.formats, converted))
        formats.emplace_back(type);
    return {{"ProductName", "portrait"},
            {"ProductVersion", PORTRAIT_VERSION},
            {"Version", "v1"},
            {"v1", url},
            {"Limits",
             {{"MaxBytes", limits.max_bytes},
              {"MaxPixels", limits.max_pixels},
              {"MaxWidth", limits.max_width},
              {"MaxHeight", limits.max_height},
              {"Formats", std::move(formats)}}}};
}

} // namespace portrait::http
