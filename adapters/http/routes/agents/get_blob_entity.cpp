#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/GetBlobEntity?blobEntityId=…: the BlobEntity.
static Answer get_blob_entity(const AgentCall& call, BlobId blob_id) {
    return call.entity_answer(call.service().info(blob_id));
}

constinit const Route blob_get_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/GetBlobEntity",
                 .summary = "What is known of a blob",
                 .document = {.parameters = {"blobEntityId", "select"},
                              .answers = {{200, BodyContent::entity}},
                              .refusals = {404}},
                 .handler = &get_blob_entity});

} // namespace portrait::http::agents
