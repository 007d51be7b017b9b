#include "routes/agents/agent_call.hpp"

namespace portrait::http::agents {

/// POST /api/v1/Agents/BLOB/GetPersonImageWithSize: the picture's bytes, scaled into a box; none without a
/// picture.
static void get_person_image_with_size(const AgentCall& call, AgentArguments& arguments, const Reply& reply) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return reply(person_id.error());
    const auto wanted = arguments.box("Width", "Height");
    if (!wanted)
        return reply(wanted.error());
    if (!call.request->contract().can_render())
        return reply(Error{errc::rendition_not_supported});
    if (*wanted == Rendition{}) {
        const auto stored = call.service().image(*person_id);
        return reply(stored ? call.bytes_answer(stored) : call.empty_answer(stored.error()));
    }
    const auto answer = [&call, reply](const result<ImageRendition>& made) {
        reply(made ? call.bytes_answer(made->image.bytes, made->image.format)
                   : call.empty_answer(made.error()));
    };
    call.request->options().renditions->submit(*person_id, *wanted, call.request->stop(),
                                               reply.contained(answer));
}

constinit const Route blob_get_person_image_with_size =
    agent_route({.path = "/api/v1/Agents/BLOB/GetPersonImageWithSize",
                 .summary = "The person's picture, scaled",
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404, 422, 501}},
                 .arguments = {{"PersonId", AgentArgumentType::number},
                               {"Width", AgentArgumentType::number},
                               {"Height", AgentArgumentType::number}},
                 .handler = &get_person_image_with_size});

} // namespace portrait::http::agents
