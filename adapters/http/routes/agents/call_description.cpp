#include "pictures/image_answers.hpp"
#include "routes/documents/links.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/table.hpp"

#include <algorithm>

namespace portrait::http {
namespace {

std::string_view type_name(AgentArgumentType type) noexcept {
    switch (type) {
    case AgentArgumentType::number: return "int32";
    case AgentArgumentType::numbers: return "array of int32";
    case AgentArgumentType::text: return "string";
    case AgentArgumentType::bytes: return "base64 string";
    case AgentArgumentType::either: break;
    }
    return "string or int32";
}

/// GET of an agent's call (contract section 1): a description of the call, which is not made.
Begun begin_call_description(const RequestPointer& request) {
    const auto& call = *request->route();
    const Links links{*request};
    auto url = links.to(call);
    const auto& parameters = call.document.parameters;
    if (std::find(parameters.begin(), parameters.end(), "blobEntityId") != parameters.end())
        url += "?blobEntityId={blobEntityId}";
    boost::json::object arguments;
    for (const auto& argument : call.arguments)
        arguments.emplace(argument.name, type_name(argument.type));
    auto answer = document_answer(request->response_type(), "Call",
                                  boost::json::object{{"Url", url},
                                                      {"Method", "POST"},
                                                      {"Description", call.summary},
                                                      {"Arguments", std::move(arguments)},
                                                      {"Example", example_arguments(call)}});
    links.set_cache_control(answer);
    return answer;
}

} // namespace

Route description_of(const Route& call) {
    return {.method = "GET",
            .path = call.path,
            .summary = call.summary,
            .begin = &begin_call_description,
            .arguments = call.arguments,
            .document = call.document};
}

} // namespace portrait::http
