#include "routes/agents/agent_call.hpp"
#include "routes/upload.hpp"

#include <utility>

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/SetBlobStream: stores the blob's bytes.
static void set_blob_stream(AgentCall& call, const Reply& reply) {
    auto bytes = call.arguments.bytes("Stream", call.service().limits());
    if (!bytes)
        return reply(bytes.error());
    convert_and_save(
        *call.request, *std::move(bytes), reply, [&call, reply](ImageBytes picture, bool /*is_converted*/) {
            reply(answer_of(
                call.service().replace(*call.blob_id, std::move(picture), call.actor(), call.precondition),
                [&](const SavedImage& saved) { return stored_answer(saved.info, call.service().epoch()); }));
        });
}

constinit const Route blob_set_blob_stream = agent_route(
    {.path = "/api/v1/Agents/BLOB/SetBlobStream",
     .access = Access::write,
     .summary = "Stores a blob's bytes",
     .takes_picture = true,
     .arguments = {{"BlobEntityId", AgentArgumentType::number}, {"Stream", AgentArgumentType::bytes}},
     .handler = &set_blob_stream,
     .document = {.parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                  .answers = {{204, BodyContent::nothing}},
                  .refusals = {404, 412, 413, 422, 507}}});

} // namespace portrait::http
