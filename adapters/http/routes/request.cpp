#include "routes/request.hpp"

#include "callers/authorization.hpp"
#include "entity/documents.hpp"
#include "headers/request_id.hpp"
#include "pictures/entity_tag.hpp"
#include "pictures/image_answers.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

/// Sets the types that the route accepts (RFC 9110 section 15.5.16, RFC 5789 section 2.2).
void set_accepted_types(Response& response, const Route& route) {
    if (route.accepts != nullptr && route.method == "PATCH")
        response.set("Accept-Patch", std::string{accepted_patch_types()});
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
        set_accepted_types(response, *route_);
    return completed(std::move(response));
}

Response Request::refusal(const Error& error) const {
    auto response = refusal(problem_of(error, access()));
    if (error.current() != nullptr)
        response.set("ETag", entity_tag(*error.current()));
    return response;
}

Response Request::failure() const {
    const auto refused = [this](const char* cause) {
        return refusal(Error{errc::internal}.with_cause(cause));
    };
    try {
        throw;
    } catch (const std::exception& exception) {
        return refused(exception.what());
    } catch (...) {
        return refused("an exception that is no std::exception");
    }
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
    const bool internal = error_type(problem.status) == "SoInternalException";
    if (contract.log && (internal || !problem.cause.empty()))
        contract.log->event(internal ? Severity::error : Severity::warning,
                            fmt::format("{}: {}{}{}", problem.rule, problem.message,
                                        problem.cause.empty() ? "" : ": ", problem.cause),
                            request_id);
    if (internal)
        problem.message = fmt::format("Internal error, request id {}", request_id);
    if (takes_picture && contract.options.strict_superoffice && is_400_when_strict(problem.status))
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
    if (auto* const response = std::get_if<Response>(&answer))
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
