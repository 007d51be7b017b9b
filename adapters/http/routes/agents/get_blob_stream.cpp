#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

constexpr AgentArgument get_blob_stream_arguments[]{{"BlobEntityId", AgentArgumentType::number}};

/// POST /api/v1/Agents/BLOB/GetBlobStream: the blob's bytes; none for a blob without bytes.
class GetBlobStream final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        const auto blob_id = arguments.blob_id("BlobEntityId");
        if (!blob_id)
            return blob_id.error();
        const auto stored = service().image(*blob_id);
        if (stored)
            return bytes_answer(stored->bytes, stored->info.format);
        if (stored.error() == errc::blob_without_image)
            return bytes_answer({}, {});
        return stored.error();
    }
};

RouteDocumentation document_get_blob_stream() {
    return document_call({200, BodyContent::agent_picture}, {404});
}

} // namespace

constinit const Route blob_get_blob_stream{.method = "POST",
                                           .path = "/api/v1/Agents/BLOB/GetBlobStream",
                                           .summary = "A blob's bytes",
                                           .begin = &begin_call<GetBlobStream>,
                                           .document = &document_get_blob_stream,
                                           .accepts = &accepted_body_types,
                                           .arguments = get_blob_stream_arguments};

} // namespace portrait::http::agents
