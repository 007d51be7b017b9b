#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/CreateDefaultBlobEntity: an empty BlobEntity.
static void create_default_blob_entity(AgentCall& call, const Reply& reply) {
    reply(call.entity_answer(nullptr));
}

constinit const Route blob_create_default_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/CreateDefaultBlobEntity",
                 .summary = "An empty BlobEntity",
                 .handler = &create_default_blob_entity,
                 .document = {.parameters = {"select"}, .answers = {{200, BodyContent::entity}}}});

} // namespace portrait::http
