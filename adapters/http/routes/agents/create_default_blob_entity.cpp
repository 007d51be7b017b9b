#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/CreateDefaultBlobEntity: an empty BlobEntity.
static Answer create_default_blob_entity(const AgentCall& call, const AgentArguments& /*arguments*/) {
    return call.entity_answer(nullptr);
}

constinit const Route blob_create_default_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/CreateDefaultBlobEntity",
                 .summary = "An empty BlobEntity",
                 .document = {.parameters = {"select"}, .answers = {{200, BodyContent::entity}}},
                 .handler = &create_default_blob_entity});

} // namespace portrait::http::agents
