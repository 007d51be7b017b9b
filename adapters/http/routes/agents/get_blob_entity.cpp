#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/GetBlobEntity?blobEntityId=…: the BlobEntity, null for an unknown id.
static void get_blob_entity(AgentCall& call, const Reply& reply) {
    const auto info = call.service().info(*call.blob_id);
    if (!info && info.error() == errc::blob_unknown)
        return reply(call.null_answer("BlobEntity"));
    reply(call.entity_answer(info));
}

constinit const Route blob_get_blob_entity =
    agent_route({.path = "/api/v1/Agents/BLOB/GetBlobEntity",
                 .summary = "What is known of a blob",
                 .handler = &get_blob_entity,
                 .document = {.parameters = {"blobEntityId", "select"},
                              .answers = {{200, BodyContent::entity_or_null}}}});

} // namespace portrait::http
