#include "routes/agents/agent_exchange.hpp"

#include <utility>

namespace portrait::http::agents {

namespace {

constexpr AgentArgument set_person_image_arguments[]{{"PersonId", AgentArgumentType::number},
                                                     {"Image", AgentArgumentType::bytes}};

/// POST /api/v1/Agents/Person/SetPersonImage and …/BLOB/SetPersonImage: stores the picture.
class SetPersonImage final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    void call(AgentArguments& arguments, const Reply& reply) override {
        const auto person_id = arguments.person_id();
        if (!person_id)
            return reply(person_id.error());
        auto picture = arguments.bytes("Image", service().limits());
        if (!picture)
            return reply(picture.error());
        { const auto text = std::move(arguments); } // frees the base64 text, a third longer than the picture
        service().submit(*person_id, *std::move(picture), request().actor(), precondition(),
                         reply.when([](const SavedImage& saved) { return stored_answer(saved.info); }));
    }
};

RouteDocumentation document_set_person_image() {
    return document_call({204, BodyContent::nothing}, {412, 413, 422, 507}, write_conditions());
}

} // namespace

constexpr Route person_set_person_image{.method = "POST",
                                        .path = "/api/v1/Agents/Person/SetPersonImage",
                                        .access = Access::write,
                                        .summary = "Stores the person's picture",
                                        .begin = &begin_call<SetPersonImage>,
                                        .document = &document_set_person_image,
                                        .takes_picture = true,
                                        .accepts = &accepted_body_types,
                                        .arguments = set_person_image_arguments};

constexpr Route blob_set_person_image =
    person_set_person_image.at("POST", "/api/v1/Agents/BLOB/SetPersonImage", person_set_person_image.summary);

} // namespace portrait::http::agents
