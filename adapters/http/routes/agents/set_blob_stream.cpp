#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/SetBlobStream: stores the blob's bytes.
static Answer set_blob_stream(const AgentCall& call, const AgentArguments& arguments) {
    const auto blob_id = arguments.blob_id("BlobEntityId");
    if (!blob_id)
        return blob_id.error();
    auto bytes = arguments.bytes("Stream", call.service().limits());
    if (!bytes)
        return bytes.error();
    return answer_of(call.service().replace(*blob_id, *std::move(bytes), call.actor(), call.precondition),
                     stored_answer);
}

constinit const Route blob_set_blob_stream = agent_route(
    {.path = "/api/v1/Agents/BLOB/SetBlobStream",
     .access = Access::write,
     .summary = "Stores a blob's bytes",
     .document = {.parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                  .answers = {{204, BodyContent::nothing}},
                  .refusals = {404, 412, 413, 422, 507}},
     .takes_picture = true,
     .arguments = {{"BlobEntityId", AgentArgumentType::number}, {"Stream", AgentArgumentType::bytes}},
     .handler = &set_blob_stream});

} // namespace portrait::http::agents
