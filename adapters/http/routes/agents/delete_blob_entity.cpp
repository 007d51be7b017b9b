#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=…: removes the blob and its links.
static void delete_blob_entity(AgentCall& call, const Reply& reply) {
    reply(answer_of(call.service().remove(*call.blob_id, call.actor(), call.precondition), removed_answer));
}

constinit const Route blob_delete_blob_entity = agent_route(
    {.path = "/api/v1/Agents/BLOB/DeleteBlobEntity",
     .access = Access::write,
     .summary = "Removes a blob and its links",
     .handler = &delete_blob_entity,
     .document = {.parameters = {"blobEntityId", "If-Match", "If-None-Match", "If-Unmodified-Since"},
                  .answers = {{204, BodyContent::nothing}},
                  .refusals = {404, 412, 507}}});

} // namespace portrait::http
