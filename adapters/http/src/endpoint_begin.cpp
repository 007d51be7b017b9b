#include "authorization.hpp"
#include "conditional.hpp"
#include "endpoint_state.hpp"
#include "image_uploads.hpp"
#include "request_id.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

/// Requests without an upload may still carry a body, which is read and ignored up to this many bytes.
constexpr std::uint64_t ignored_body_limit = 64 * 1024;

Problem problem_of(const AuthenticationFailure& failure) {
    switch (failure.kind) {
    case AuthenticationFailure::Kind::busy: {
        auto problem = plain_problem(429, "authentication.busy",
                                     "Too many sign-in attempts at present; try again later");
        problem.retry_after = failure.retry_after;
        return problem;
    }
    case AuthenticationFailure::Kind::broken: {
        auto problem = plain_problem(500, "authentication.broken", "who is calling could not be decided");
        problem.cause = failure.cause;
        return problem;
    }
    case AuthenticationFailure::Kind::rejected: break;
    }
    return plain_problem(401, "authentication.failed",
                         "Authentication failed; send valid credentials in the Authorization header");
}

/// What waits for the authenticator. Completions are copied, so what moves through them is shared.
struct Pending {
    Route route;
    std::unique_ptr<Admission::State> request;
    boost::urls::url_view url;
    std::atomic<bool> answered{false};
};

} // namespace

void Endpoint::State::begin(const RequestHead& head, const BeginCompletion& done) {
    auto request = std::make_unique<Admission::State>();
    request->request_id = request_id(head);
    request->head_only = head.method == "HEAD";

    const auto url = parse_target(head.target);
    if (!url)
        return done(
            refuse(*request, plain_problem(400, "request.bad_target", "The request target is malformed")));
    auto match = match_route(head.method, *url);
    if (std::holds_alternative<UnknownPath>(match))
        return done(
            refuse(*request, plain_problem(404, "request.unknown_path", "There is nothing at this path")));
    if (const auto* wrong = std::get_if<WrongMethod>(&match))
        return done(wrong_method(*request, wrong->allow));

    auto& route = std::get<Route>(match);
    request->operation = route.operation;
    if (is_public(route.operation))
        return done(finished(*request, health(route.operation)));
    authenticate(head, *url, std::move(route), std::move(request), done);
}

Response Endpoint::State::wrong_method(const Admission::State& request, const std::string& allow) const {
    auto response =
        refuse(request, plain_problem(405, "request.method_not_allowed",
                                      fmt::format("The method is not allowed here; {} are", allow)));
    response.set("Allow", allow);
    return response;
}

void Endpoint::State::authenticate(const RequestHead& head, const boost::urls::url_view& url, Route route,
                                   std::unique_ptr<Admission::State> request, const BeginCompletion& done) {
    auto authorization = parse_authorization(head.find("Authorization"));
    auto* credentials = std::get_if<Credentials>(&authorization);
    if (credentials == nullptr)
        return done(refuse(*request, problem_of(AuthenticationFailure{})));

    auto pending = std::make_shared<Pending>();
    pending->route = std::move(route);
    pending->request = std::move(request);
    pending->url = url;
    // `head` and what `url` views stay valid until `done` is called: that is the host's promise.
    const auto resume = [this, pending, &head, done, token = work.begin()](AuthenticationOutcome outcome) {
        if (pending->answered.exchange(true))
            return;
        auto& waiting = *pending->request;
        if (!outcome)
            return done(refuse(waiting, problem_of(outcome.error())));
        waiting.principal = *std::move(outcome);
        done(admit_contained(head, pending->url, pending->route, std::move(pending->request)));
    };
    try {
        authenticator->authenticate(std::move(*credentials), head.remote_address, resume);
    } catch (const std::exception& exception) {
        resume(AuthenticationFailure{.kind = AuthenticationFailure::Kind::broken,
                                     .retry_after = std::chrono::seconds{1},
                                     .cause = exception.what()});
    }
}

BeginOutcome Endpoint::State::admit_contained(const RequestHead& head, const boost::urls::url_view& url,
                                              const Route& route, std::unique_ptr<Admission::State> request) {
    try {
        return admit(head, url, route, request);
    } catch (...) {
        return broken(*request);
    }
}

BeginOutcome Endpoint::State::admit(const RequestHead& head, const boost::urls::url_view& url,
                                    const Route& route, std::unique_ptr<Admission::State>& request) {
    if (access_of(route.operation) == Access::write && !request->principal.may_write)
        return refuse(*request, plain_problem(403, "authorization.read_only",
                                              "You may read pictures and not change them"));
    const auto person_id = PersonId::parse(route.person_id);
    if (!person_id)
        return refuse(*request, person_id.error());
    request->person_id = *person_id;
    request->body_limit = ignored_body_limit;

    switch (route.operation) {
    case Operation::put_image: return admit_upload(head, request);
    case Operation::get_image: return admit_read(head, url, request);
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
    if (auto cached = service->cached_image(*request->person_id))
        return picture(*request, head, *std::move(cached));
    request->conditional = ConditionalFields{head};
    return Admission{std::move(request)};
}

} // namespace portrait::http
