#include "agents/agent_arguments.hpp"
#include "agents/agent_calls.hpp"
#include "endpoint/endpoint_state.hpp"
#include "pictures/conditional.hpp"

#include <utility>

namespace portrait::http {

BeginOutcome Endpoint::State::admit_agent_call(const RequestHead& head, const boost::urls::url_view& url,
                                               AgentCall call,
                                               std::unique_ptr<Admission::State>& request) const {
    auto agent = judge_agent_call(head, url, call, service->limits());
    if (!agent)
        return refuse(*request, agent.error());
    request->agent = *std::move(agent);
    request->body_limit = request->agent.body_limit;
    if (access_of(request->operation) == Access::write)
        request->precondition = write_precondition(head);
    return Admission{std::move(request)};
}

void Endpoint::State::call_agent(const std::shared_ptr<Admission::State>& request, ImageBytes body,
                                 const ReplyOnce& reply) {
    auto arguments = read_agent_arguments(describe(request->agent.call), request->agent.body_type, body);
    body = {}; // the arguments share what they need of it
    if (!arguments)
        return reply(refuse(*request, arguments.error()));
    if (request->agent.call == AgentCall::set_person_image)
        return set_person_image(request, *std::move(arguments), reply);
    if (request->agent.call == AgentCall::get_person_image_with_size)
        return person_image_with_size(request, *arguments, reply);
    if (request->agent.call == AgentCall::get_person_images)
        return person_images(request, *arguments, reply);
    auto outcome = answer_agent_call({.service = *service,
                                      .request = request->agent,
                                      .response_type = request->response_type,
                                      .localization = request->localization,
                                      .actor = request->principal.actor,
                                      .precondition = request->precondition},
                                     *arguments);
    if (auto* const response = std::get_if<Response>(&outcome))
        return reply(finished(*request, std::move(*response)));
    if (const auto* const error = std::get_if<Error>(&outcome))
        return reply(refuse(*request, *error));
    reply(refuse(*request, std::get<Problem>(std::move(outcome))));
}

void Endpoint::State::set_person_image(const std::shared_ptr<Admission::State>& request,
                                       AgentArguments arguments, const ReplyOnce& reply) {
    const auto person_id = arguments.person_id();
    if (!person_id)
        return reply(refuse(*request, person_id.error()));
    auto picture = arguments.bytes("Image", service->limits());
    if (!picture)
        return reply(refuse(*request, picture.error()));
    { const auto text = std::move(arguments); } // four thirds of the picture that nobody needs any more
    service->submit(*person_id, *std::move(picture), request->principal.actor,
                    std::move(request->precondition),
                    [this, request, reply, token = work.begin()](const result<SavedImage>& saved) {
                        try {
                            reply(saved ? finished(*request, stored_by_agent_answer(saved->info))
                                        : refuse(*request, saved.error()));
                        } catch (...) {
                            reply(broken(*request));
                        }
                    });
}

} // namespace portrait::http
