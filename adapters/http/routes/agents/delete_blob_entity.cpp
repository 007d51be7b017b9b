#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=…: removes the blob and its links.
static Answer delete_blob_entity(const AgentCall& call, BlobId blob_id) {
    return answer_of(call.service().remove(blob_id, call.actor(), call.precondition), removed_answer);
}

constinit const Route blob_delete_blob_entity = agent_route(
    {.path = "/api/v1/Agents/BLOB/DeleteBlobEntity",
     .access = Access::write,
     .summary = "Removes a blob and its links",
     .document = {.parameters = {"blobEntityId", "If-Match", "If-None-Match", "If-Unmodified-Since"},
                  .answers = {{204, BodyContent::nothing}},
                  .refusals = {404, 412, 507}},
     .handler = &delete_blob_entity});

} // namespace portrait::http::agents
