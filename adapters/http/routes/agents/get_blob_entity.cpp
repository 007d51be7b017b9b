#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/GetBlobEntity?blobEntityId=…: the BlobEntity.
static void get_blob_entity(AgentCall& call, const Reply& reply) {
    reply(call.entity_answer(call.service().info(*call.blob_id)));
}

constinit const Route blob_get_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/GetBlobEntity",
                 .summary = "What is known of a blob",
                 .handler = &get_blob_entity,
                 .document = {.parameters = {"blobEntityId", "select"},
                              .answers = {{200, BodyContent::entity}},
                              .refusals = {404}}});

} // namespace portrait::http
