#include "agents/rendition_box.hpp"
#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

constexpr AgentArgument get_person_image_with_size_arguments[]{{"PersonId", AgentArgumentType::number},
                                                               {"Width", AgentArgumentType::number},
                                                               {"Height", AgentArgumentType::number}};

/// POST /api/v1/Agents/BLOB/GetPersonImageWithSize: the picture's bytes, scaled into a box; none without a
/// picture.
class GetPersonImageWithSize final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    void call(AgentArguments& arguments, const Reply& reply) override {
        const auto person_id = arguments.person_id();
        if (!person_id)
            return reply(person_id.error());
        const auto wanted = rendition_box(arguments, "Width", "Height");
        if (!wanted)
            return reply(wanted.error());
        if (!request().contract().can_render())
            return reply(Error{errc::rendition_not_supported});
        if (*wanted == Rendition{}) {
            const auto stored = service().image(*person_id);
            return reply(stored ? bytes_answer(stored->bytes, stored->info.format)
                                : answer_without_picture(stored.error()));
        }
        request().options().renditions->submit(
            *person_id, *wanted, request().stop(), [this, reply](const result<ImageRendition>& made) {
                reply.contain([&] {
                    reply(made ? bytes_answer(made->image.bytes, made->image.format)
                               : answer_without_picture(made.error()));
                });
            });
    }

private:
    Answer answer_without_picture(const Error& error) const {
        if (error == errc::image_none)
            return bytes_answer({}, {});
        return error;
    }
};

RouteDocumentation document_get_person_image_with_size() {
    return document_call({200, BodyContent::agent_picture}, {404, 422, 501});
}

} // namespace

constinit const Route blob_get_person_image_with_size{.method = "POST",
                                                      .path = "/api/v1/Agents/BLOB/GetPersonImageWithSize",
                                                      .summary = "The person's picture, scaled",
                                                      .begin = &begin_call<GetPersonImageWithSize>,
                                                      .document = &document_get_person_image_with_size,
                                                      .accepts = &accepted_body_types,
                                                      .arguments = get_person_image_with_size_arguments};

} // namespace portrait::http::agents
