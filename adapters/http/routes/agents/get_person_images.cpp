#include "agents/person_images_body.hpp"
#include "routes/agents/agent_call.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace portrait::http::agents {

/// POST /api/v1/Agents/Person/GetPersonImages: the pictures of up to 1000 persons, scaled into a box. The
/// answer is made while it is sent.
static void get_person_images(const AgentCall& call, AgentArguments& arguments, const Reply& reply) {
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
    std::vector<std::optional<PersonId>> persons; // in the order of the body; empty: a number that is no id
    std::vector<PersonId> known;
    for (const auto number : *numbers) {
        const auto person_id = PersonId::from(number);
        persons.push_back(person_id ? std::optional{*person_id} : std::nullopt);
        if (person_id)
            known.push_back(*person_id);
    }
    auto infos = call.service().infos(known);
    if (!infos)
        return reply(infos.error());

    const auto type = call.request->response_type();
    auto body = std::make_shared<PersonImagesBody>(
        PersonImagesBody::Work{.persons = std::move(persons),
                               .infos = *std::move(infos),
                               .wanted = *wanted,
                               .notation = {.xml = is_xml(type), .selection = call.head.selection},
                               .renditions = contract.options.renditions.get(),
                               .readers = contract.readers.get(),
                               .log = contract.log.get(),
                               .request_id = call.request->id(),
                               .stop = call.request->stop(),
                               .endpoint_waits = contract.work.begin()});
    // The first piece decides whether the answer is an error.
    body->prepare(reply.when([type, body] {
        Response response;
        response.set("Content-Type", std::string{content_type(type)});
        response.set("Vary", "Accept");
        response.set("Cache-Control", "private, no-cache");
        response.body = body;
        return response;
    }));
}

constinit const Route person_get_person_images =
    agent_route({.path = "/api/v1/Agents/Person/GetPersonImages",
                 .summary = "The pictures of several persons, scaled",
                 .document = {.answers = {{200, BodyContent::person_images}}, .refusals = {501}},
                 .arguments = {{"PersonIds", AgentArgumentType::numbers},
                               {"ScaledWidth", AgentArgumentType::number},
                               {"ScaledHeight", AgentArgumentType::number}},
                 .handler = &get_person_images});

} // namespace portrait::http::agents
