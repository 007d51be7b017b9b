#include "callers/authorization.hpp"
#include "endpoint/endpoint_state.hpp"
#include "entity/error_document.hpp"
#include "headers/content_types.hpp"
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
void name_accepted_types(Response& response, Operation operation) {
    switch (operation) {
    case Operation::put_image: return response.set("Accept", std::string{accepted_upload_types()});
    case Operation::patch_image_info:
        response.set("Accept-Patch", std::string{accepted_patch_types()});
        [[fallthrough]];
    case Operation::put_image_info: return response.set("Accept", std::string{accepted_body_types()});
    default:
        if (is_of_agent(operation))
            response.set("Accept", std::string{accepted_body_types()});
    }
}

} // namespace

void set_challenges(Response& response, const AuthenticationSchemes& schemes) {
    if (auto challenges = www_authenticate(schemes); !challenges.empty())
        response.set("WWW-Authenticate", std::move(challenges));
}

Response Endpoint::State::refuse(Problem problem, const std::string& request_id, ResponseType type,
                                 bool upload) const {
    const bool internal = is_internal(problem.status);
    if (log && (internal || !problem.cause.empty()))
        log->event(internal ? Severity::error : Severity::warning,
                   fmt::format("{}: {}{}{}", problem.rule, problem.message, problem.cause.empty() ? "" : ": ",
                               problem.cause),
                   request_id);
    if (internal)
        problem.message = fmt::format("internal error, request id {}", request_id);
    if (upload && options.strict_superoffice && !is_exempt_from_strictness(problem.status))
        problem.status = 400;
    auto response = problem_answer(problem, type);
    if (problem.status == 401)
        set_challenges(response, options.schemes);
    response.set("X-Request-Id", request_id);
    return response;
}

Response Endpoint::State::refuse(const Admission::State& request, Problem problem) const {
    auto response =
        refuse(std::move(problem), request.request_id, request.response_type, is_upload(request.operation));
    if (response.status == 415)
        name_accepted_types(response, request.operation);
    return finished(request, std::move(response));
}

Response Endpoint::State::refuse(const Admission::State& request, const Error& error) const {
    auto response = refuse(request, problem_of(error, access_of(request.operation)));
    if (error.current() != nullptr)
        response.set("ETag", entity_tag(*error.current()));
    return response;
}

Response Endpoint::State::broken(const Admission::State& request) const {
    std::string cause = "an exception that is no std::exception";
    try {
        throw;
    } catch (const std::exception& exception) {
        cause = exception.what();
    } catch (...) { // NOLINT(bugprone-empty-catch): the cause says so already
    }
    return refuse(request, Error{errc::internal}.with_cause(std::move(cause)));
}

Response Endpoint::State::finished(const Admission::State& request, Response response) {
    response.set("X-Request-Id", request.request_id);
    response.principal = request.principal.name;
    response.route = request.route;
    response.repeatable = access_of(request.operation) == Access::read;
    request.cors.apply(response);
    if (request.head_only) {
        response.content_length = response.length();
        response.body = std::monostate{};
    }
    return response;
}

Response Endpoint::State::health(Operation operation) const {
    if (operation == Operation::get_health)
        return text_answer(200, "alive\n");
    if (operation == Operation::get_metrics)
        return metrics_answer(options.metrics());
    if (draining)
        return text_answer(503, "draining\n");
    const auto writable = service->writable();
    return writable ? text_answer(200, "ready\n") : text_answer(503, writable.error().message() + "\n");
}

} // namespace portrait::http
