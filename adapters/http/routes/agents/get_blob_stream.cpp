#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/GetBlobStream: the blob's bytes; none for a blob without bytes.
static Answer get_blob_stream(const AgentCall& call, const AgentArguments& arguments) {
    const auto blob_id = arguments.blob_id("BlobEntityId");
    if (!blob_id)
        return blob_id.error();
    const auto stored = call.service().image(*blob_id);
    return stored ? call.bytes_answer(stored) : call.empty_answer(stored.error());
}

constinit const Route blob_get_blob_stream =
    agent_route({.path = "/api/v1/Agents/BLOB/GetBlobStream",
                 .summary = "A blob's bytes",
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404}},
                 .arguments = {{"BlobEntityId", AgentArgumentType::number}},
                 .handler = &get_blob_stream});

} // namespace portrait::http::agents
