#include "routes/request.hpp"

#include "callers/authorization.hpp"
#include "entity/error_document.hpp"
#include "headers/plain_problem.hpp"
#include "headers/request_id.hpp"
#include "pictures/entity_tag.hpp"
#include "pictures/image_answers.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

bool is_exempt_from_strictness(unsigned status) noexcept {
    return status < 400 || status > 499 || status == 401 || status == 403 || status == 412 || status == 429;
}

/// Whether the client may only learn that something went wrong.
bool is_internal(unsigned status) noexcept {
    return error_type(status) == "SoInternalException";
}

/// What the route would have taken (RFC 9110 section 15.5.16, RFC 5789 section 2.2).
void name_accepted_types(Response& response, const Route& route) {
    if (route.accepts_patches != nullptr)
        response.set("Accept-Patch", std::string{route.accepts_patches()});
    if (route.accepts != nullptr)
        response.set("Accept", std::string{route.accepts()});
}

} // namespace

Request::Request(const Contract& contract, const RequestHead& head)
    : contract_{contract}
    , head_{&head}
    , id_{request_id(head)}
    , stop_{head.stop}
    , is_head_{head.method == "HEAD"}
    , response_type_{negotiate(head)}
    , cors_{cors_grant(head, contract.options.cors)}
    , in_progress_{contract.work.begin()} {}

void Request::set_route(const Route& route, std::string person_id) {
    route_ = &route;
    person_id_ = std::move(person_id);
}

void Request::set_principal(Principal principal) {
    principal_ = std::move(principal);
    principal_.actor.request_id = id_;
    is_recognised_ = true;
}

Response Request::refusal(Problem problem) const {
    const bool takes_picture = route_ != nullptr && route_->takes_picture;
    auto response = refusal_of(contract_, std::move(problem), id_, response_type_, takes_picture);
    if (response.status == 415 && route_ != nullptr)
        name_accepted_types(response, *route_);
    return completed(std::move(response));
}

Response Request::refusal(const Error& error) const {
    auto response = refusal(problem_of(error, access()));
    if (error.current() != nullptr)
        response.set("ETag", entity_tag(*error.current()));
    return response;
}

Response Request::failure() const {
    std::string cause = "an exception that is no std::exception";
    try {
        throw;
    } catch (const std::exception& exception) {
        cause = exception.what();
    } catch (...) { // NOLINT(bugprone-empty-catch): the cause says so already
    }
    return refusal(Error{errc::internal}.with_cause(std::move(cause)));
}

Response Request::completed(Response response) const {
    response.set("X-Request-Id", id_);
    response.principal = principal_.name;
    response.route = route_ != nullptr ? route_->path : std::string_view{};
    response.repeatable = access() == Access::read;
    cors_.apply(response);
    if (is_head_) {
        response.content_length = response.length();
        response.body = std::monostate{};
    }
    return response;
}

Response refusal_of(const Contract& contract, Problem problem, const std::string& request_id,
                    ResponseType type, bool takes_picture) {
    const bool internal = is_internal(problem.status);
    if (contract.log && (internal || !problem.cause.empty()))
        contract.log->event(internal ? Severity::error : Severity::warning,
                            fmt::format("{}: {}{}{}", problem.rule, problem.message,
                                        problem.cause.empty() ? "" : ": ", problem.cause),
                            request_id);
    if (internal)
        problem.message = fmt::format("internal error, request id {}", request_id);
    if (takes_picture && contract.options.strict_superoffice && !is_exempt_from_strictness(problem.status))
        problem.status = 400;
    auto response = problem_answer(problem, type);
    if (problem.status == 401)
        set_challenges(response, contract.options.schemes);
    response.set("X-Request-Id", request_id);
    return response;
}

void Reply::operator()(Answer answer) const {
    if (shared_->called.exchange(true))
        return;
    const auto& request = *shared_->request;
    auto* const response = std::get_if<Response>(&answer);
    if (response != nullptr)
        return shared_->done(request.completed(std::move(*response)));
    if (auto* const problem = std::get_if<Problem>(&answer))
        return shared_->done(request.refusal(std::move(*problem)));
    shared_->done(request.refusal(std::get<Error>(answer)));
}

void Reply::fail() const {
    if (!shared_->called.exchange(true))
        shared_->done(shared_->request->failure());
}

} // namespace portrait::http
