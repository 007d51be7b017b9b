#include "agents/agent_calls.hpp"
#include "agents/person_images_body.hpp"
#include "endpoint/endpoint_state.hpp"
#include "pictures/image_query.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace portrait::http {

namespace {

/// 0 or less leaves the side to the aspect ratio.
[[nodiscard]] ProblemOr<std::optional<std::uint32_t>> side(const AgentArguments& arguments,
                                                           std::string_view name) {
    const auto number = arguments.number(name);
    if (!number)
        return number.error();
    if (std::cmp_greater(*number, max_rendition_side))
        return bad_agent_argument(
            fmt::format("The argument {} is {}; at most {} is accepted, and 0 or less for the aspect ratio's",
                        name, *number, max_rendition_side));
    return *number > 0 ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

[[nodiscard]] ProblemOr<Rendition> box(const AgentArguments& arguments, std::string_view width,
                                       std::string_view height) {
    const auto across = side(arguments, width);
    if (!across)
        return across.error();
    const auto down = side(arguments, height);
    if (!down)
        return down.error();
    return Rendition{.width = *across, .height = *down, .format = {}};
}

[[nodiscard]] ProblemOr<std::vector<std::optional<PersonId>>> person_ids(const AgentArguments& arguments) {
    if (!arguments.has("PersonIds"))
        return bad_agent_argument("The argument PersonIds is missing; a list of whole numbers is needed");
    const auto numbers = arguments.numbers("PersonIds");
    if (!numbers)
        return numbers.error();
    std::vector<std::optional<PersonId>> persons;
    persons.reserve(numbers->size());
    for (const auto number : *numbers) {
        const auto person_id = PersonId::from(number);
        persons.push_back(person_id ? std::optional{*person_id} : std::nullopt);
    }
    return persons;
}

} // namespace

void Endpoint::State::person_image_with_size(const std::shared_ptr<Admission::State>& request,
                                             const AgentArguments& arguments, const ReplyOnce& reply) const {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return reply(refuse(*request, person_id.error()));
    const auto wanted = box(arguments, "Width", "Height");
    if (!wanted)
        return reply(refuse(*request, wanted.error()));
    if (!options.renditions)
        return reply(refuse(*request, Error{errc::rendition_not_supported}));
    const auto answer = [request](const ImageBytes& bytes, std::optional<ImageFormat> format) {
        return finished(*request,
                        binary_answer(request->agent.binary_form, request->response_type, bytes, format));
    };
    const auto refusal = [this, request, answer](const Error& error) {
        return error == errc::image_none ? answer({}, {}) : refuse(*request, error);
    };
    if (*wanted == Rendition{}) {
        const auto stored = service->image(*person_id);
        return reply(stored ? answer(stored->bytes, stored->info.format) : refusal(stored.error()));
    }
    options.renditions->submit(
        *person_id, *wanted, request->stop,
        [this, request, reply, answer, refusal, token = work.begin()](const result<ImageRendition>& made) {
            try {
                reply(made ? answer(made->image.bytes, made->image.format) : refusal(made.error()));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

void Endpoint::State::person_images(const std::shared_ptr<Admission::State>& request,
                                    const AgentArguments& arguments, const ReplyOnce& reply) const {
    auto wanted = box(arguments, "ScaledWidth", "ScaledHeight");
    if (!wanted)
        return reply(refuse(*request, wanted.error()));
    auto persons = person_ids(arguments);
    if (!persons)
        return reply(refuse(*request, persons.error()));
    if (!options.renditions)
        return reply(refuse(*request, Error{errc::rendition_not_supported}));
    wanted->format = ImageFormat::png;

    std::vector<PersonId> known;
    for (const auto& person_id : *persons)
        if (person_id)
            known.push_back(*person_id);
    auto infos = service->infos(known);
    if (!infos)
        return reply(refuse(*request, infos.error()));
    auto body = std::make_shared<PersonImagesBody>(PersonImagesBody::Work{
        .persons = *std::move(persons),
        .infos = *std::move(infos),
        .wanted = *wanted,
        .notation = {.xml = is_xml(request->response_type), .selection = request->agent.selection},
        .renditions = options.renditions.get(),
        .readers = readers.get(),
        .log = log.get(),
        .request_id = request->request_id,
        .stop = request->stop,
        .endpoint_waits = work.begin()});
    // The first piece decides whether there is an answer at all.
    body->prepare([this, request, reply, body](const result<void>& ready) {
        try {
            if (!ready)
                return reply(refuse(*request, ready.error()));
            Response response;
            response.set("Content-Type", std::string{content_type(request->response_type)});
            response.set("Vary", "Accept");
            response.set("Cache-Control", "private, no-cache");
            response.body = body;
            reply(finished(*request, std::move(response)));
        } catch (...) {
            reply(broken(*request));
        }
    });
}

} // namespace portrait::http
