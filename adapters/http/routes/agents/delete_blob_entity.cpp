#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=…: removes the blob and its links; 204 also for
/// an unknown id.
static void delete_blob_entity(AgentCall& call, const Reply& reply) {
    const auto removed = call.service().remove(*call.blob_id, call.actor(), call.precondition);
    if (!removed && removed.error() == errc::blob_unknown)
        return reply(removed_answer());
    reply(answer_of(removed, removed_answer));
}

constinit const Route blob_delete_blob_entity = agent_route(
    {.path = "/api/v1/Agents/BLOB/DeleteBlobEntity",
     .access = Access::write,
     .summary = "Removes a blob and its links",
     .handler = &delete_blob_entity,
     .document = {.parameters = {"blobEntityId", "If-Match", "If-None-Match", "If-Unmodified-Since"},
                  .answers = {{204, BodyContent::nothing}},
                  .refusals = {412, 507}}});

} // namespace portrait::http
