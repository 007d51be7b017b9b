#include "pictures/image_answers.hpp"
#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

constexpr AgentArgument change_person_image_arguments[]{{"PersonId", AgentArgumentType::number},
                                                        {"BlobId", AgentArgumentType::number}};

/// POST /api/v1/Agents/BLOB/ChangePersonImage: links the person to another blob, or to none.
class ChangePersonImage final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        const auto person_id = arguments.person_id();
        if (!person_id)
            return person_id.error();
        // An absent id is not 0 here, so that a misspelt name does not unlink a picture.
        if (!arguments.has("BlobId"))
            return bad_agent_argument(
                "The argument BlobId is missing; a blob's id is needed, or 0 to unlink");
        const auto blob_id = arguments.optional_blob_id("BlobId");
        if (!blob_id)
            return blob_id.error();
        if (*blob_id) {
            if (const auto linked = service().link(*person_id, **blob_id, request().actor()); !linked)
                return linked.error();
        } else if (const auto unlinked = service().unlink(*person_id, request().actor()); !unlinked) {
            return unlinked.error();
        }
        return removed_answer();
    }
};

RouteDocumentation document_change_person_image() {
    return document_call({204, BodyContent::nothing}, {404, 507});
}

} // namespace

constinit const Route blob_change_person_image{.method = "POST",
                                               .path = "/api/v1/Agents/BLOB/ChangePersonImage",
                                               .access = Access::write,
                                               .summary = "Links the person to another blob, or to none",
                                               .begin = &begin_call<ChangePersonImage>,
                                               .document = &document_change_person_image,
                                               .accepts = &accepted_body_types,
                                               .arguments = change_person_image_arguments};

} // namespace portrait::http::agents
