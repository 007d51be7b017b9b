#include "routes/agents/agent_call.hpp"
#include "routes/upload.hpp"

#include <utility>

namespace portrait::http {

/// POST /api/v1/Agents/Person/SetPersonImage and …/BLOB/SetPersonImage: stores the picture.
static void set_person_image(AgentCall& call, const Reply& reply) {
    auto picture = call.arguments.bytes("Image", call.service().limits());
    if (!picture)
        return reply(picture.error());
    call.arguments = AgentArguments{}; // frees the base64 text, a third longer than the picture
    convert_and_save(
        *call.request, *std::move(picture), reply, [&call, reply](ImageBytes bytes, bool /*is_converted*/) {
            call.service().submit(*call.person_id, std::move(bytes), call.actor(), call.precondition,
                                  reply.when([&call](const SavedImage& saved) {
                                      return stored_answer(saved.info, call.service().epoch());
                                  }));
        });
}

constexpr Route person_set_person_image =
    agent_route({.path = "/api/v1/Agents/Person/SetPersonImage",
                 .access = Access::write,
                 .summary = "Stores the person's picture",
                 .takes_picture = true,
                 .arguments = {{"PersonId", AgentArgumentType::number}, {"Image", AgentArgumentType::bytes}},
                 .handler = &set_person_image,
                 .document = {.parameters = {"If-Match", "If-None-Match", "If-Unmodified-Since"},
                              .answers = {{204, BodyContent::nothing}},
                              .refusals = {412, 413, 422, 507}}});

constexpr Route blob_set_person_image =
    person_set_person_image.at("POST", "/api/v1/Agents/BLOB/SetPersonImage", person_set_person_image.summary);

} // namespace portrait::http
