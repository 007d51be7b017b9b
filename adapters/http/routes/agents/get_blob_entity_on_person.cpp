#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

constexpr AgentArgument get_blob_entity_on_person_arguments[]{{"PersonId", AgentArgumentType::number}};

/// POST /api/v1/Agents/BLOB/GetBlobEntityOnPerson: the BlobEntity of the person's picture, an empty one
/// without a picture.
class GetBlobEntityOnPerson final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        const auto person_id = arguments.person_id();
        if (!person_id)
            return person_id.error();
        const auto info = service().info(*person_id);
        if (!info && info.error() == errc::image_none)
            return entity_answer(nullptr);
        return entity_answer(info);
    }
};

RouteDocumentation document_get_blob_entity_on_person() {
    return document_call({200, BodyContent::entity}, {404}, {"select"});
}

} // namespace

constinit const Route blob_get_blob_entity_on_person{.method = "POST",
                                                     .path = "/api/v1/Agents/BLOB/GetBlobEntityOnPerson",
                                                     .summary = "What is known of the person's picture",
                                                     .begin = &begin_call<GetBlobEntityOnPerson>,
                                                     .document = &document_get_blob_entity_on_person,
                                                     .accepts = &accepted_body_types,
                                                     .arguments = get_blob_entity_on_person_arguments};

} // namespace portrait::http::agents
