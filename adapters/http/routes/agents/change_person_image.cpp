#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/ChangePersonImage: links the person to another blob, or to none.
static Answer change_person_image(const AgentCall& call, const AgentArguments& arguments) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return person_id.error();
    // An absent id is not 0 here, so that a misspelt name does not unlink a picture.
    if (!arguments.has("BlobId"))
        return bad_agent_argument("The argument BlobId is missing; a blob's id is needed, or 0 to unlink");
    const auto blob_id = arguments.optional_blob_id("BlobId");
    if (!blob_id)
        return blob_id.error();
    if (*blob_id)
        return answer_of(call.service().link(*person_id, **blob_id, call.actor()), removed_answer);
    return answer_of(call.service().unlink(*person_id, call.actor()), removed_answer);
}

constinit const Route blob_change_person_image = agent_route(
    {.path = "/api/v1/Agents/BLOB/ChangePersonImage",
     .access = Access::write,
     .summary = "Links the person to another blob, or to none",
     .document = {.answers = {{204, BodyContent::nothing}}, .refusals = {404, 507}},
     .arguments = {{"PersonId", AgentArgumentType::number}, {"BlobId", AgentArgumentType::number}},
     .handler = &change_person_image});

} // namespace portrait::http::agents
