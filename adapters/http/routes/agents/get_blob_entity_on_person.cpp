#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/GetBlobEntityOnPerson: the BlobEntity of the person's picture, an empty one
/// without a picture.
static Answer get_blob_entity_on_person(const AgentCall& call, const AgentArguments& arguments) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    const auto info = call.service().info(*person_id);
    if (!info && info.error() == errc::image_none)
        return call.entity_answer(nullptr);
    return call.entity_answer(info);
}

constinit const Route blob_get_blob_entity_on_person = agent_route(
    {.path = "/api/v1/Agents/BLOB/GetBlobEntityOnPerson",
     .summary = "What is known of the person's picture",
     .document = {.parameters = {"select"}, .answers = {{200, BodyContent::entity}}, .refusals = {404}},
     .arguments = {{"PersonId", AgentArgumentType::number}},
     .handler = &get_blob_entity_on_person});

} // namespace portrait::http::agents
