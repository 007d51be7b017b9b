#include "routes/agents/agent_exchange.hpp"

#include <utility>

namespace portrait::http::agents {

namespace {

/// POST /api/v1/Agents/BLOB/GetBlobEntity?blobEntityId=…: the BlobEntity.
class GetBlobEntity final : public AgentExchange {
public:
    GetBlobEntity(RequestPointer request, AgentRequest head, Localization localization, BlobId blob_id)
        : AgentExchange{std::move(request), std::move(head), std::move(localization)}
        , blob_id_{blob_id} {}

protected:
    Answer answer(const AgentArguments& /*arguments*/) override {
        return entity_answer(service().info(blob_id_));
    }

private:
    BlobId blob_id_;
};

RouteDocumentation document_get_blob_entity() {
    return document_bare_call({200, BodyContent::entity}, {404}, {"blobEntityId", "select"});
}

} // namespace

constinit const Route blob_get_blob_entity{.method = "POST",
                                           .path = "/api/v1/Agents/BLOB/GetBlobEntity",
                                           .summary = "What is known of a blob",
                                           .begin = &begin_call_by_query<GetBlobEntity>,
                                           .document = &document_get_blob_entity};

} // namespace portrait::http::agents
