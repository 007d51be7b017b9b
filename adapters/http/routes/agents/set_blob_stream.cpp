#include "routes/agents/agent_exchange.hpp"

#include <utility>

namespace portrait::http::agents {

namespace {

constexpr AgentArgument set_blob_stream_arguments[]{{"BlobEntityId", AgentArgumentType::number},
                                                    {"Stream", AgentArgumentType::bytes}};

/// POST /api/v1/Agents/BLOB/SetBlobStream: stores the blob's bytes.
class SetBlobStream final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        const auto blob_id = arguments.blob_id("BlobEntityId");
        if (!blob_id)
            return blob_id.error();
        auto bytes = arguments.bytes("Stream", service().limits());
        if (!bytes)
            return bytes.error();
        const auto saved = service().replace(*blob_id, *std::move(bytes), request().actor(), precondition());
        if (!saved)
            return saved.error();
        return stored_answer(saved->info);
    }
};

RouteDocumentation document_set_blob_stream() {
    return document_call({204, BodyContent::nothing}, {404, 412, 413, 422, 507}, write_conditions());
}

} // namespace

constinit const Route blob_set_blob_stream{.method = "POST",
                                           .path = "/api/v1/Agents/BLOB/SetBlobStream",
                                           .access = Access::write,
                                           .summary = "Stores a blob's bytes",
                                           .begin = &begin_call<SetBlobStream>,
                                           .document = &document_set_blob_stream,
                                           .takes_picture = true,
                                           .accepts = &accepted_body_types,
                                           .arguments = set_blob_stream_arguments};

} // namespace portrait::http::agents
