#include "agents/person_images_body.hpp"
#include "agents/rendition_box.hpp"
#include "routes/agents/agent_exchange.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace portrait::http::agents {

namespace {

constexpr AgentArgument get_person_images_arguments[]{{"PersonIds", AgentArgumentType::numbers},
                                                      {"ScaledWidth", AgentArgumentType::number},
                                                      {"ScaledHeight", AgentArgumentType::number}};

using WantedPersons = std::vector<std::optional<PersonId>>;

/// In the order of the body; empty: a number that is no id.
[[nodiscard]] ProblemOr<WantedPersons> wanted_persons(const AgentArguments& arguments) {
    if (!arguments.has("PersonIds"))
        return bad_agent_argument("The argument PersonIds is missing; a list of whole numbers is needed");
    const auto numbers = arguments.numbers("PersonIds");
    if (!numbers)
        return numbers.error();
    WantedPersons persons;
    persons.reserve(numbers->size());
    for (const auto number : *numbers) {
        const auto person_id = PersonId::from(number);
        persons.push_back(person_id ? std::optional{*person_id} : std::nullopt);
    }
    return persons;
}

/// POST /api/v1/Agents/Person/GetPersonImages: the pictures of up to 1000 persons, scaled into a box. The
/// answer is made while it is sent.
class GetPersonImages final : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    void call(AgentArguments& arguments, const Reply& reply) override {
        auto wanted = rendition_box(arguments, "ScaledWidth", "ScaledHeight");
        if (!wanted)
            return reply(wanted.error());
        auto persons = wanted_persons(arguments);
        if (!persons)
            return reply(persons.error());
        const auto& contract = request().contract();
        if (!contract.can_render())
            return reply(Error{errc::rendition_not_supported});
        wanted->format = ImageFormat::png;
        std::vector<PersonId> known;
        for (const auto& person_id : *persons)
            if (person_id)
                known.push_back(*person_id);
        auto infos = service().infos(known);
        if (!infos)
            return reply(infos.error());

        const auto type = request().response_type();
        auto body = std::make_shared<PersonImagesBody>(
            PersonImagesBody::Work{.persons = *std::move(persons),
                                   .infos = *std::move(infos),
                                   .wanted = *wanted,
                                   .notation = {.xml = is_xml(type), .selection = head().selection},
                                   .renditions = contract.options.renditions.get(),
                                   .readers = contract.readers.get(),
                                   .log = contract.log.get(),
                                   .request_id = request().id(),
                                   .stop = request().stop(),
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
};

RouteDocumentation document_get_person_images() {
    return document_call({200, BodyContent::person_images}, {501});
}

} // namespace

constinit const Route person_get_person_images{.method = "POST",
                                               .path = "/api/v1/Agents/Person/GetPersonImages",
                                               .summary = "The pictures of several persons, scaled",
                                               .begin = &begin_call<GetPersonImages>,
                                               .document = &document_get_person_images,
                                               .accepts = &accepted_body_types,
                                               .arguments = get_person_images_arguments};

} // namespace portrait::http::agents
