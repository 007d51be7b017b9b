#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/Person/GetPersonImage: the picture's bytes; 404 without a picture.
static void get_person_image_or_error(AgentCall& call, const Reply& reply) {
    reply(call.bytes_answer(call.service().image(*call.person_id)));
}

/// POST /api/v1/Agents/BLOB/GetPersonImage: the picture's bytes; none without a picture.
static void get_person_image_or_nothing(AgentCall& call, const Reply& reply) {
    reply(call.optional_answer(call.service().image(*call.person_id)));
}

constinit const Route person_get_person_image =
    agent_route({.path = "/api/v1/Agents/Person/GetPersonImage",
                 .summary = "The person's picture",
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_person_image_or_error,
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404}}});

constinit const Route blob_get_person_image =
    agent_route({.path = "/api/v1/Agents/BLOB/GetPersonImage",
                 .summary = "The person's picture, or nothing",
                 .arguments = {{"PersonId", AgentArgumentType::number}},
                 .handler = &get_person_image_or_nothing,
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404}}});

} // namespace portrait::http
