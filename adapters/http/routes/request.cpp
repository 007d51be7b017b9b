#include "routes/request.hpp"

#include "callers/authorization.hpp"
#include "entity/documents.hpp"
#include "headers/field_syntax.hpp"
#include "pictures/image_answers.hpp"
#include "routes/table.hpp"

#include <portrait/http/network.hpp>

#include <fmt/format.h>

#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

namespace portrait::http {

Request::Request(const Contract& contract, const RequestHead& head)
    : contract_{contract}
    , head_{&head}
    , id_{request_id(head)}
    , stop_{head.stop}
    , client_{client_network(head.remote_address)}
    , is_head_{head.method == "HEAD"}
    , types_{negotiate(head)}
    , is_of_script_{is_of_script(head)}
    , cors_{cors_grant(head, contract.options.cors)}
    , in_progress_{contract.work.begin()} {}

void Request::set_route(const Route& route, std::string person_id) {
    route_ = &route;
    person_id_ = std::move(person_id);
}

std::optional<boost::urls::url_view> Request::parse_target() {
    auto url = http::parse_target(head_->target);
    if (!url) {
        // Clients send these characters unencoded, though RFC 3986 excludes them from a path.
        constexpr std::string_view unencoded = "{}|^";
        if (head_->target.find_first_of(unencoded) == std::string_view::npos)
            return std::nullopt;
        for (const char character : head_->target)
            if (unencoded.find(character) == std::string_view::npos)
                target_ += character;
            else
                fmt::format_to(std::back_inserter(target_), "%{:02X}", static_cast<unsigned char>(character));
        url = http::parse_target(target_);
    }
    if (url)
        url_ = *url;
    return url;
}

std::string Request::image_tag(const ImageVersion& version) const {
    return entity_tag(service().epoch(), version);
}

void Request::set_principal(Principal principal) {
    principal_ = std::move(principal);
    is_recognised_ = true;
}

Response Request::refusal(Problem problem) const {
    const auto problem_rule = problem.rule;
    if (route_ != nullptr && is_of_agent(*route_) &&
        (problem_rule == "request.bad_argument" || problem_rule == "request.bad_body"))
        problem.message = fmt::format("{}: {}", route_->path.substr(agents_path.size()), problem.message);
    auto response = refusal_of(contract_, std::move(problem),
                               {.id = id_,
                                .type = types_.refusal,
                                .is_of_script = is_of_script_,
                                .takes_picture = route_ != nullptr && route_->takes_picture});
    // RFC 9110 section 15.5.16, RFC 5789 section 2.2.
    if (problem_rule == "request.content_encoding")
        response.set("Accept-Encoding", "identity");
    else if (response.status == 415 && route_ != nullptr && route_->accepts != nullptr) {
        if (route_->method == "PATCH")
            response.set("Accept-Patch", accepted_patch_types());
        response.set("Accept", route_->accepts(options()));
    }
    return completed(std::move(response));
}

Response Request::refusal(const Error& error) const {
    auto response = refusal(problem_of(error, access()));
    if (error.current() != nullptr)
        response.set("ETag", image_tag(*error.current()));
    return response;
}

Response Request::failure() const noexcept {
    try {
        std::string cause;
        try {
            throw;
        } catch (const std::exception& exception) {
            cause = exception.what();
        } catch (...) {
            cause = "an exception that is no std::exception";
        }
        return refusal(Error{errc::internal}.with_cause(std::move(cause)));
    } catch (...) {
        return bare_failure();
    }
}

Response Request::completed(Response&& response) const {
    response.set("X-Request-Id", id_);
    response.principal = principal_.name;
    response.route = route_ != nullptr ? route_->path : std::string_view{};
    response.repeatable = access() == Access::read;
    cors_.apply(response);
    if (is_head_) {
        response.content_length = response.length();
        response.body = std::monostate{};
    }
    return std::move(response);
}

Response Request::answered(Answer&& answer) const {
    if (auto* const response = std::get_if<Response>(&answer))
        return completed(std::move(*response));
    if (auto* const problem = std::get_if<Problem>(&answer))
        return refusal(std::move(*problem));
    return refusal(std::get<Error>(answer));
}

Response refusal_of(const Contract& contract, Problem problem, const RefusedRequest& request) {
    const bool internal = error_type(problem.status) == "SoInternalException";
    if (contract.log && (internal || !problem.cause.empty()))
        contract.log->event(internal ? Severity::error : Severity::warning,
                            fmt::format("{}: {}{}{}", problem.rule, problem.message,
                                        problem.cause.empty() ? "" : ": ", problem.cause),
                            request.id);
    if (internal)
        problem.message = fmt::format("Internal error, request id {}", request.id);
    if (request.takes_picture && contract.options.strict_superoffice && is_400_when_strict(problem.status))
        problem.status = 400;
    auto response = problem_answer(problem, request.type);
    if (problem.status == 401) {
        auto schemes = contract.options.schemes;
        schemes.basic = schemes.basic && !request.is_of_script;
        set_challenges(response, schemes);
    }
    response.set("X-Request-Id", request.id);
    return response;
}

void Reply::operator()(Answer answer) const {
    const Inside inside{&shared_->request->contract()};
    if (!shared_->called.exchange(true))
        shared_->done(
            shared_->request->contained([&] { return shared_->request->answered(std::move(answer)); }));
}

void Reply::fail() const {
    const Inside inside{&shared_->request->contract()};
    if (!shared_->called.exchange(true))
        shared_->done(shared_->request->failure());
}

} // namespace portrait::http
