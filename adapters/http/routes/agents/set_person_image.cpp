#include "routes/agents/agent_call.hpp"

#include <utility>

namespace portrait::http::agents {

/// POST /api/v1/Agents/Person/SetPersonImage and …/BLOB/SetPersonImage: stores the picture.
static void set_person_image(const AgentCall& call, AgentArguments& arguments, const Reply& reply) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return reply(person_id.error());
    auto picture = arguments.bytes("Image", call.service().limits());
    if (!picture)
        return reply(picture.error());
    { const auto text = std::move(arguments); } // frees the base64 text, a third longer than the picture
    call.service().submit(*person_id, *std::move(picture), call.actor(), call.precondition,
                          reply.when(stored_answer));
}

constexpr Route person_set_person_image =
    agent_route({.path = "/api/v1/Agents/Person/SetPersonImage",
                 .access = Access::write,
                 .summary = "Stores the person's picture",
                 .document = {.parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                              .answers = {{204, BodyContent::nothing}},
                              .refusals = {412, 413, 422, 507}},
                 .takes_picture = true,
                 .arguments = {{"PersonId", AgentArgumentType::number}, {"Image", AgentArgumentType::bytes}},
                 .handler = &set_person_image});

constexpr Route blob_set_person_image =
    person_set_person_image.at("POST", "/api/v1/Agents/BLOB/SetPersonImage", person_set_person_image.summary);

} // namespace portrait::http::agents
