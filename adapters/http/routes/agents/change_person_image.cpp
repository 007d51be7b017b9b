#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/ChangePersonImage: links the person to another blob, or to none.
static void change_person_image(AgentCall& call, const Reply& reply) {
    // An absent id is not 0 here, so that a misspelt name does not unlink a picture.
    if (!call.arguments.has("BlobId"))
        return reply(
            bad_agent_argument("The argument BlobId is missing; a blob's id is needed, or 0 to unlink"));
    const auto blob_id = call.arguments.blob_id();
    if (!blob_id)
        return reply(blob_id.error());
    if (*blob_id)
        return reply(
            answer_of(call.service().link(*call.person_id, **blob_id, call.actor()), removed_answer));
    reply(answer_of(call.service().unlink(*call.person_id, call.actor()), removed_answer));
}

constinit const Route blob_change_person_image = agent_route(
    {.path = "/api/v1/Agents/BLOB/ChangePersonImage",
     .access = Access::write,
     .summary = "Links the person to another blob, or to none",
     .arguments = {{"PersonId", AgentArgumentType::number}, {"BlobId", AgentArgumentType::number}},
     .handler = &change_person_image,
     .document = {.answers = {{204, BodyContent::nothing}}, .refusals = {404, 507}}});

} // namespace portrait::http
