#include "endpoint/caller.hpp"
#include "endpoint/endpoint_state.hpp"
#include "headers/request_id.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "pictures/image_uploads.hpp"
#include "routes/api_index.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

/// Requests without an upload may still carry a body, which is read and ignored up to this many bytes.
constexpr std::uint64_t ignored_body_limit = 64ULL * 1024;
constexpr const char* all_methods = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS";

} // namespace

bool Endpoint::State::is_switched_off(const boost::urls::url_view& url) const {
    if (options.schemes.session && options.metrics && !options.operations_only)
        return false;
    const auto match = match_route("GET", url);
    const auto* route = std::get_if<Route>(&match);
    if (options.operations_only && (route == nullptr || !is_public(route->operation)))
        return true;
    if (route == nullptr)
        return false;
    return (!options.schemes.session && is_of_session(route->operation)) ||
           (!options.metrics && route->operation == Operation::get_metrics);
}

void Endpoint::State::begin(const RequestHead& head, const BeginCompletion& done) {
    auto request = std::make_unique<Admission::State>();
    request->request_id = request_id(head);
    request->stop = head.stop;
    request->head_only = head.method == "HEAD";
    request->cors = cors_grant(head, options.cors);
    request->response_type = negotiate(head);

    if (head.target == "*") // the server as a whole, which OPTIONS alone asks about
        return done(finished(*request, options_answer(head, options.cors, request->cors, all_methods)));
    const auto url = parse_target(head.target);
    if (!url)
        return done(
            refuse(*request, plain_problem(400, "request.bad_target", "The request target is malformed")));
    auto match = match_route(head.method, *url);
    if (auto* const unknown = std::get_if<UnknownPath>(&match); unknown != nullptr && unknown->problem)
        return done(refuse(*request, *std::move(unknown->problem)));
    if (std::holds_alternative<UnknownPath>(match) || is_switched_off(*url))
        return done(
            refuse(*request, plain_problem(404, "request.unknown_path", "There is nothing at this path")));
    if (const auto* wrong = std::get_if<WrongMethod>(&match))
        return done(head.method == "OPTIONS"
                        ? finished(*request, options_answer(head, options.cors, request->cors, wrong->allow))
                        : wrong_method(*request, wrong->allow));

    auto& route = std::get<Route>(match);
    request->operation = route.operation;
    request->route = route.path;
    if (is_public(route.operation))
        return done(public_answer(*request));
    const auto caller =
        std::make_shared<Caller>(*this, head, *url, std::move(route), std::move(request), done);
    if (caller->route.operation == Operation::get_session)
        return show_session(caller);
    authenticate(caller);
}

Response Endpoint::State::wrong_method(const Admission::State& request, const std::string& allow) const {
    auto response =
        refuse(request, plain_problem(405, "request.method_not_allowed",
                                      fmt::format("The method is not allowed here; {} are", allow)));
    response.set("Allow", allow);
    return response;
}

Response Endpoint::State::public_answer(const Admission::State& request) const {
    try {
        return finished(request, health(request.operation));
    } catch (...) {
        return broken(request);
    }
}

void Endpoint::State::admit_contained(const CallerPointer& caller) {
    if (caller->route.operation == Operation::delete_session)
        return end_session(caller);
    caller->answer([&] { return admit(caller->head, caller->url, caller->route, caller->request); });
}

BeginOutcome Endpoint::State::admit(const RequestHead& head, const boost::urls::url_view& url,
                                    const Route& route, std::unique_ptr<Admission::State>& request) {
    request->principal.actor.request_id = request->request_id;
    if (access_of(route.operation) == Access::write && !request->principal.may_write)
        return refuse(*request, plain_problem(403, "authorization.read_only",
                                              "You may read pictures and not change them"));
    if (route.operation == Operation::create_session)
        return admit_sign_in(head, request);
    if (route.operation == Operation::get_api)
        return finished(*request, document_answer(request->response_type, "Api", api_versions()));
    if (route.operation == Operation::get_openapi)
        return finished(*request, openapi_answer(openapi.text(options)));
    if (route.operation == Operation::get_api_v1)
        return finished(*request, document_answer(request->response_type, "Routes", api_routes()));
    if (answers_entity(route.operation)) {
        auto localization = Localization::of(head, options.localization);
        if (!localization)
            return refuse(*request, localization.error());
        request->localization = *std::move(localization);
    }
    if (is_of_agent(route.operation))
        return admit_agent_call(head, url, route.agent_call, request);
    const auto person_id = PersonId::parse(route.person_id);
    if (!person_id)
        return refuse(*request, person_id.error());
    request->person_id = *person_id;
    request->body_limit = ignored_body_limit;

    switch (route.operation) {
    case Operation::put_image: return admit_upload(head, request);
    case Operation::get_image: return admit_read(head, url, request);
    case Operation::put_image_info:
    case Operation::patch_image_info: return admit_info_edit(head, request);
    case Operation::delete_image: request->precondition = write_precondition(head); break;
    default: request->conditional = ConditionalFields{head}; break;
    }
    return Admission{std::move(request)};
}

BeginOutcome Endpoint::State::admit_upload(const RequestHead& head,
                                           std::unique_ptr<Admission::State>& request) const {
    auto upload = judge_upload(head, service->limits());
    if (!upload)
        return refuse(*request, upload.error());
    request->upload_type = std::move(upload->type);
    request->body_limit = upload->body_limit;
    request->precondition = write_precondition(head);
    return Admission{std::move(request)};
}

BeginOutcome Endpoint::State::admit_read(const RequestHead& head, const boost::urls::url_view& url,
                                         std::unique_ptr<Admission::State>& request) const {
    auto query = parse_image_query(url);
    if (!query)
        return refuse(*request, query.error());
    request->query = *query;
    if (auto at_hand = picture_at_hand(*request, head))
        return *std::move(at_hand);
    request->conditional = ConditionalFields{head};
    return Admission{std::move(request)};
}

} // namespace portrait::http
