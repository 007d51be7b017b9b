#include "routes/agents/agent_call.hpp"

namespace portrait::http {

/// POST /api/v1/Agents/BLOB/GetPersonImageWithSize: the picture's bytes, scaled into a box; none without a
/// picture.
static void get_person_image_with_size(AgentCall& call, const Reply& reply) {
    const auto wanted = call.arguments.box("Width", "Height");
    if (!wanted)
        return reply(wanted.error());
    if (!call.request->contract().can_render())
        return reply(Error{errc::rendition_not_supported});
    if (*wanted == Rendition{})
        return reply(call.optional_answer(call.service().image(*call.person_id)));
    const auto answer = [&call, reply](const result<ImageRendition>& made) {
        reply(made ? call.bytes_answer(made->image.bytes, made->image.format)
                   : call.empty_answer(made.error()));
    };
    call.request->options().renditions->submit(*call.person_id, *wanted, call.request->render_caller(),
                                               reply.contained(answer));
}

constinit const Route blob_get_person_image_with_size =
    agent_route({.path = "/api/v1/Agents/BLOB/GetPersonImageWithSize",
                 .summary = "The person's picture, scaled",
                 .arguments = {{"PersonId", AgentArgumentType::number},
                               {"Width", AgentArgumentType::number},
                               {"Height", AgentArgumentType::number}},
                 .handler = &get_person_image_with_size,
                 .document = {.answers = {{200, BodyContent::agent_picture}}, .refusals = {404, 422, 501}}});

} // namespace portrait::http
