#include "agents/person_images_body.hpp"
#include "routes/agents/agent_call.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace portrait::http {

/// POST /api/v1/Agents/Person/GetPersonImages: the pictures of up to 1000 persons, scaled into a box. The
/// answer is made while it is sent.
static void get_person_images(AgentCall& call, const Reply& reply) {
    const auto& arguments = call.arguments;
    auto wanted = arguments.box("ScaledWidth", "ScaledHeight");
    if (!wanted)
        return reply(wanted.error());
    wanted->format = ImageFormat::png;
    if (!arguments.has("PersonIds"))
        return reply(
            bad_agent_argument("The argument PersonIds is missing; a list of whole numbers is needed"));
    const auto numbers = arguments.numbers("PersonIds");
    if (!numbers)
        return reply(numbers.error());
    const auto& contract = call.request->contract();
    if (!contract.can_render())
        return reply(Error{errc::rendition_not_supported});
    std::vector<PersonId> known;
    for (const auto number : *numbers)
        if (const auto person_id = PersonId::from(number))
            known.push_back(*person_id);
    const auto infos = call.service().infos(known);
    if (!infos)
        return reply(infos.error());
    std::vector<PersonImagesBody::Picture> pictures(numbers->size());
    for (std::size_t index = 0, next = 0; index < pictures.size(); ++index) {
        const auto person_id = PersonId::from((*numbers)[index]);
        if (!person_id)
            continue;
        pictures[index].person_id = *person_id;
        if (const auto& info = (*infos)[next++]; info && info->format) {
            pictures[index].version = info->version();
            pictures[index].format = *info->format;
        }
    }

    const auto type = call.request->response_type();
    auto body = std::make_shared<PersonImagesBody>(PersonImagesBody::Work{
        .pictures = std::move(pictures),
        .wanted = *wanted,
        .xml = is_xml(type),
        .selection = call.selection,
        .renditions = contract.options.renditions.get(),
        .readers = contract.readers.get(),
        .log = contract.log.get(),
        .request_id = call.request->id(),
        .caller = call.request->render_caller(),
        .endpoint_waits = std::make_shared<WorkInProgress::Token>(contract.work.begin())});
    // The first piece decides whether the answer is an error.
    body->prepare(reply.when([type, body] {
        Response response;
        response.set("Content-Type", content_type(type));
        response.set("Vary", "Accept");
        response.set("Cache-Control", "private, no-cache");
        response.body = body;
        return response;
    }));
}

constinit const Route person_get_person_images =
    agent_route({.path = "/api/v1/Agents/Person/GetPersonImages",
                 .summary = "The pictures of several persons, scaled",
                 .arguments = {{"PersonIds", AgentArgumentType::numbers},
                               {"ScaledWidth", AgentArgumentType::number},
                               {"ScaledHeight", AgentArgumentType::number}},
                 .handler = &get_person_images,
                 .document = {.answers = {{200, BodyContent::person_images}}, .refusals = {501}}});

} // namespace portrait::http
