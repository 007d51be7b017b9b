#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/Person/GetPersonImage: the picture's bytes; 404 without a picture.
static Answer get_person_image_or_error(const AgentCall& call, const AgentArguments& arguments) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    return call.bytes_answer(call.service().image(*person_id));
}

/// POST /api/v1/Agents/BLOB/GetPersonImage: the picture's bytes; none without a picture.
static Answer get_person_image_or_nothing(const AgentCall& call, const AgentArguments& arguments) {
    auto answer = get_person_image_or_error(call, arguments);
    const auto* const error = std::get_if<Error>(&answer);
    return error != nullptr ? call.empty_answer(*error) : answer;
}

constinit const Route person_get_person_image =
    agent_route({.path = "/api/v1/Agents/Person/GetPersonImage",
                 .summary = "The person's picture",
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404}},
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_person_image_or_error});

constinit const Route blob_get_person_image =
    agent_route({.path = "/api/v1/Agents/BLOB/GetPersonImage",
                 .summary = "The person's picture, or nothing",
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404}},
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_person_image_or_nothing});

} // namespace portrait::http::agents
