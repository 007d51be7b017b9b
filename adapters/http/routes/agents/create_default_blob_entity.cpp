#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

/// POST /api/v1/Agents/BLOB/CreateDefaultBlobEntity: an empty BlobEntity.
class CreateDefaultBlobEntity final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& /*arguments*/) override { return entity_answer(nullptr); }
};

RouteDocumentation document_create_default_blob_entity() {
    return document_bare_call({200, BodyContent::entity}, {}, {"select"});
}

} // namespace

constinit const Route blob_create_default_blob_entity{.method = "POST",
                                                      .path = "/api/v1/Agents/BLOB/CreateDefaultBlobEntity",
                                                      .summary = "An empty BlobEntity",
                                                      .begin = &begin_call<CreateDefaultBlobEntity>,
                                                      .document = &document_create_default_blob_entity};

} // namespace portrait::http::agents
