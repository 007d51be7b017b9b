#include "routes/route_documentation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace portrait::http {

namespace {

using Content = BodyContent;
using Answer = AnswerDocumentation;
using Parameters = std::vector<std::string_view>;
using Refusals = std::vector<unsigned>;

/// What writes may be conditional on.
Parameters conditions() {
    return {"If-Match", "If-None-Match", "If-Unmodified-Since"};
}

/// What the strings of an entity depend on.
constexpr std::string_view languages[]{"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone"};

/// A row's own part; what many rows share is added by `document_route`.
struct Part {
    std::string_view subject; ///< what the method is done to; an agent's call has its path's
    Content request;
    Parameters parameters;
    std::vector<Answer> answers;
    Refusals refusals;
};

/// A call that reads its arguments from the body.
Part call(Answer success, Refusals refusals, Parameters parameters = {}) {
    refusals.insert(refusals.end(), {400, 415});
    return {{}, Content::agent_arguments, std::move(parameters), {success}, std::move(refusals)};
}

/// A call that ignores its body.
Part bare_call(Answer success, Refusals refusals, Parameters parameters) {
    return {{}, Content::nothing, std::move(parameters), {success}, std::move(refusals)};
}

Part part_of(AgentCall agent_call) {
    switch (agent_call) {
    case AgentCall::none: break;
    case AgentCall::get_person_image:
    case AgentCall::get_person_image_or_nothing:
    case AgentCall::get_blob_stream: return call({200, Content::agent_picture}, {404});
    case AgentCall::get_person_image_with_size: return call({200, Content::agent_picture}, {404, 422, 501});
    case AgentCall::get_person_images: return call({200, Content::person_images}, {501});
    case AgentCall::create_default_person_image:
        return bare_call({200, Content::person_image}, {}, {"select"});
    case AgentCall::set_person_image:
        return call({204, Content::nothing}, {412, 413, 422, 507}, conditions());
    case AgentCall::change_person_image: return call({204, Content::nothing}, {404, 507});
    case AgentCall::save_image_stream: return call({200, Content::blob_id}, {413, 422, 507});
    case AgentCall::get_blob_entity_on_person: return call({200, Content::entity}, {404}, {"select"});
    case AgentCall::get_blob_entity:
        return bare_call({200, Content::entity}, {400, 404}, {"blobEntityId", "select"});
    case AgentCall::create_default_blob_entity: return bare_call({200, Content::entity}, {}, {"select"});
    case AgentCall::save_blob_entity:
        return call({200, Content::entity}, {404, 412, 507},
                    {"select", "If-Match", "If-None-Match", "If-Unmodified-Since"});
    case AgentCall::delete_blob_entity:
        return bare_call({204, Content::nothing}, {400, 404, 412, 507},
                         {"blobEntityId", "If-Match", "If-None-Match", "If-Unmodified-Since"});
    case AgentCall::set_blob_stream:
        return call({204, Content::nothing}, {404, 412, 413, 422, 507}, conditions());
    }
    throw std::logic_error{"a call of an agent has no documentation"};
}

Part part_of(const RouteRow& row) {
    switch (row.operation) {
    case Operation::none: break;
    case Operation::get_api: return {"Api", {}, {}, {{200, Content::versions}}, {}};
    case Operation::get_api_v1: return {"ApiV1", {}, {}, {{200, Content::routes}}, {}};
    case Operation::get_openapi: return {"OpenApi", {}, {}, {{200, Content::openapi}}, {}};
    case Operation::get_health: return {"Health", {}, {}, {{200, Content::text}}, {}};
    case Operation::get_metrics: return {"Metrics", {}, {}, {{200, Content::text}}, {}};
    case Operation::get_readiness:
        return {"Readiness", {}, {}, {{200, Content::text}, {503, Content::text}}, {}};
    case Operation::get_session: return {"Session", {}, {}, {{200, Content::page}}, {}};
    case Operation::create_session:
        return {"Session",
                Content::sign_in_form,
                {},
                {{204, Content::nothing},
                 {303, Content::nothing},
                 {400, Content::problem_or_page},
                 {401, Content::problem_or_page},
                 {429, Content::problem_or_page},
                 {500, Content::problem_or_page}},
                {413, 415}};
    case Operation::delete_session: return {"Session", {}, {}, {{204, Content::nothing}}, {}};
    case Operation::get_image:
        return {"PersonImage",
                {},
                {"w", "h", "type", "ifBlank", "If-Match", "If-None-Match", "If-Modified-Since",
                 "If-Unmodified-Since", "If-Range", "Range"},
                {{200, Content::picture}, {206, Content::picture}, {304, Content::nothing}},
                {400, 404, 412, 416, 422, 501, 503}};
    case Operation::put_image:
        return {"PersonImage",
                Content::upload,
                conditions(),
                {{200, Content::blob_id}},
                {400, 412, 413, 415, 422, 503, 507}};
    case Operation::delete_image:
        return {"PersonImage", {}, conditions(), {{204, Content::nothing}}, {400, 412, 413, 503, 507}};
    case Operation::get_image_info:
        return {"PersonImageInfo",
                {},
                {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match", "If-None-Match",
                 "If-Modified-Since", "If-Unmodified-Since"},
                {{200, Content::entity}, {304, Content::nothing}},
                {400, 404, 412, 503}};
    case Operation::put_image_info:
    case Operation::patch_image_info:
        return {"PersonImageInfo",
                Content::entity_change,
                {"Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "If-Match", "If-None-Match",
                 "If-Unmodified-Since"},
                {{200, Content::entity}},
                {400, 404, 409, 412, 413, 415, 503, 507}};
    case Operation::read_by_agent:
    case Operation::write_by_agent:
    case Operation::upload_by_agent: {
        auto part = part_of(row.agent_call);
        part.refusals.push_back(503);
        if (part.answers.front().content == Content::entity)
            part.parameters.insert(part.parameters.end(), std::begin(languages), std::end(languages));
        if (answers_entity(row.operation))
            part.refusals.push_back(400); // of a zone that is unknown
        return part;
    }
    }
    throw std::logic_error{"an operation has no documentation"};
}

/// What follows the folder in the path; empty when it is not there.
std::string_view after(std::string_view path, std::string_view folder) noexcept {
    const auto at = path.find(folder);
    return at == std::string_view::npos ? std::string_view{} : path.substr(at + folder.size());
}

std::string operation_id(const RouteRow& row, std::string_view subject) {
    if (const auto agent_call = after(row.path, "/Agents/"); !agent_call.empty()) {
        std::string id{agent_call};
        std::erase(id, '/');
        return id;
    }
    std::string id{row.method.front()};
    for (const char letter : row.method.substr(1))
        id += static_cast<char>(letter - 'A' + 'a'); // methods are written in capitals
    return id.append(subject);
}

std::string tag(const RouteRow& row) {
    if (const auto agent_call = after(row.path, "/Agents/"); !agent_call.empty())
        return fmt::format("{} agent", agent_call.substr(0, agent_call.find('/')));
    if (row.path.find("{personId}") != std::string_view::npos)
        return "Person";
    if (is_of_session(row.operation))
        return "Session";
    return is_public(row.operation) ? "Health" : "Interface";
}

bool is_stricter(unsigned status) noexcept {
    return status > 400 && status < 500 && status != 401 && status != 403 && status != 412 && status != 429;
}

} // namespace

RouteDocumentation document_route(const RouteRow& row, bool strict) {
    auto part = part_of(row);
    RouteDocumentation documentation{.operation_id = operation_id(row, part.subject),
                                     .tag = tag(row),
                                     .request = part.request,
                                     .parameters = std::move(part.parameters),
                                     .answers = std::move(part.answers)};
    if (row.path.find("{personId}") != std::string_view::npos)
        documentation.parameters.insert(documentation.parameters.begin(), "personId");
    documentation.parameters.push_back("X-Request-Id");
    if (needs_caller(row.operation)) {
        documentation.parameters.push_back("SO-AppToken");
        part.refusals.insert(part.refusals.end(), {401, 403, 429, 500});
    }
    if (strict && is_upload(row.operation))
        std::erase_if(part.refusals, is_stricter);
    for (const auto status : part.refusals)
        if (std::none_of(documentation.answers.begin(), documentation.answers.end(),
                         [status](const Answer& answer) { return answer.status == status; }))
            documentation.answers.push_back({status, Content::problem});
    std::sort(documentation.answers.begin(), documentation.answers.end(),
              [](const Answer& left, const Answer& right) { return left.status < right.status; });
    return documentation;
}

} // namespace portrait::http
