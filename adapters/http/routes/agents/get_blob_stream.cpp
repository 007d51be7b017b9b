#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/GetBlobStream: the blob's bytes; none for a blob without bytes,
/// null for an unknown id.
static void get_blob_stream(AgentCall& call, const Reply& reply) {
    const auto image = call.service().image(*call.blob_id);
    if (!image && image.error() == errc::blob_unknown)
        return reply(call.null_bytes_answer());
    reply(call.optional_answer(image));
}

constinit const Route blob_get_blob_stream =
    agent_route({.path = "/api/v1/Agents/BLOB/GetBlobStream",
                 .summary = "A blob's bytes",
                 .arguments = {{"BlobEntityId", AgentArgumentType::number}},
                 .handler = &get_blob_stream,
                 .document = {.answers = {{200, BodyContent::agent_picture}}}});

} // namespace portrait::http
