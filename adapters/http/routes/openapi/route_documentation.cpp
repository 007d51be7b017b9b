#include "routes/openapi/route_documentation.hpp"

#include "headers/field_syntax.hpp"
#include "routes/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portrait::http {

namespace {

/// The rest of the path behind a folder; empty when the path is not below it.
std::string_view after(std::string_view path, std::string_view folder) noexcept {
    const auto at = path.find(folder);
    return at == std::string_view::npos ? std::string_view{} : path.substr(at + folder.size());
}

std::string operation_id(const Route& route, std::string_view subject) {
    if (const auto agent_call = after(route.path, "/Agents/"); !agent_call.empty()) {
        std::string id{agent_call};
        std::erase(id, '/');
        return id;
    }
    return fmt::format("{}{}{}", route.method.front(), lower_case(route.method.substr(1)), subject);
}

std::string tag(const Route& route) {
    if (const auto agent_call = after(route.path, "/Agents/"); !agent_call.empty())
        return fmt::format("{} agent", agent_call.substr(0, agent_call.find('/')));
    if (route.has_person_id())
        return "Person";
    if (route.path == "/session")
        return "Session";
    return route.callers == Callers::anyone ? "Health" : "Interface";
}

bool is_stricter(unsigned status) noexcept {
    return status > 400 && status < 500 && status != 401 && status != 403 && status != 412 && status != 429;
}

} // namespace

DocumentedRoute document_route(const Route& route, bool strict) {
    auto part = route.document();
    DocumentedRoute documented{.operation_id = operation_id(route, part.subject),
                               .tag = tag(route),
                               .request = part.request,
                               .parameters = std::move(part.parameters),
                               .answers = std::move(part.answers)};
    if (route.has_person_id())
        documented.parameters.insert(documented.parameters.begin(), "personId");
    documented.parameters.push_back("X-Request-Id");
    if (route.needs_caller()) {
        documented.parameters.push_back("SO-AppToken");
        part.refusals.insert(part.refusals.end(), {401, 403, 429, 500});
    }
    if (strict && route.takes_picture)
        std::erase_if(part.refusals, is_stricter);
    for (const auto status : part.refusals)
        if (std::none_of(documented.answers.begin(), documented.answers.end(),
                         [status](const AnswerDocumentation& answer) { return answer.status == status; }))
            documented.answers.push_back({status, BodyContent::problem});
    std::sort(documented.answers.begin(), documented.answers.end(),
              [](const auto& left, const auto& right) { return left.status < right.status; });
    return documented;
}

} // namespace portrait::http
