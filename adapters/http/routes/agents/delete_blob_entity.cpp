#include "pictures/image_answers.hpp"
#include "routes/agents/agent_exchange.hpp"

#include <utility>

namespace portrait::http::agents {

namespace {

/// POST /api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=…: removes the blob and its links.
class DeleteBlobEntity final : public AgentExchange {
public:
    DeleteBlobEntity(RequestPointer request, AgentRequest head, Localization localization, BlobId blob_id)
        : AgentExchange{std::move(request), std::move(head), std::move(localization)}
        , blob_id_{blob_id} {}

protected:
    Answer answer(const AgentArguments& /*arguments*/) override {
        const auto removed = service().remove(blob_id_, request().actor(), precondition());
        if (!removed)
            return removed.error();
        return removed_answer();
    }

private:
    BlobId blob_id_;
};

RouteDocumentation document_delete_blob_entity() {
    return document_bare_call({204, BodyContent::nothing}, {404, 412, 507},
                              {"blobEntityId", "If-Match", "If-None-Match", "If-Unmodified-Since"});
}

} // namespace

constinit const Route blob_delete_blob_entity{.method = "POST",
                                              .path = "/api/v1/Agents/BLOB/DeleteBlobEntity",
                                              .access = Access::write,
                                              .summary = "Removes a blob and its links",
                                              .begin = &begin_call_by_query<DeleteBlobEntity>,
                                              .document = &document_delete_blob_entity};

} // namespace portrait::http::agents
