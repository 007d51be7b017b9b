#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/GetBlobEntityOnPerson: the BlobEntity of the person's picture, an empty one
/// without a picture.
static void get_blob_entity_on_person(AgentCall& call, const Reply& reply) {
    const auto info = call.service().info(*call.person_id);
    if (!info && info.error() == errc::image_none)
        return reply(call.entity_answer(nullptr));
    reply(call.entity_answer(info));
}

constinit const Route blob_get_blob_entity_on_person = agent_route(
    {.path = "/api/v1/Agents/BLOB/GetBlobEntityOnPerson",
     .summary = "What is known of the person's picture",
     .arguments = {{"PersonId", AgentArgumentType::number}},
     .handler = &get_blob_entity_on_person,
     .document = {.parameters = {"select"}, .answers = {{200, BodyContent::entity}}, .refusals = {404}}});

} // namespace portrait::http
