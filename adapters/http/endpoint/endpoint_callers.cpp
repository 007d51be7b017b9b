#include "callers/authorization.hpp"
#include "callers/cookies.hpp"
#include "callers/sign_in_answers.hpp"
#include "endpoint/endpoint_state.hpp"

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

/// What waits for the authenticator. Completions are copied, so what moves through them is shared.
struct Pending {
    Route route;
    std::unique_ptr<Admission::State> request;
    boost::urls::url_view url;
    std::atomic<bool> answered{false};
};

AuthenticationFailure broken_by(const std::exception& exception) {
    return {.kind = AuthenticationFailure::Kind::broken,
            .retry_after = std::chrono::seconds{1},
            .cause = exception.what()};
}

} // namespace

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

void Endpoint::State::authenticate(const RequestHead& head, const boost::urls::url_view& url, Route route,
                                   std::unique_ptr<Admission::State> request, const BeginCompletion& done) {
    auto authorization = authorization_of(head, options.schemes);
    if (std::holds_alternative<std::monostate>(authorization))
        return done(admit_session_caller(head, url, route, std::move(request)));
    auto* credentials = std::get_if<Credentials>(&authorization);
    // A token is no password: whoever has one needs no session, and a session would outlive its revocation.
    if (credentials == nullptr || (route.operation == Operation::create_session &&
                                   !std::holds_alternative<BasicCredentials>(*credentials)))
        return done(refuse(*request, problem_of(AuthenticationFailure{})));
    const bool by_ticket = std::holds_alternative<TicketCredentials>(*credentials);

    auto pending = std::make_shared<Pending>();
    pending->route = std::move(route);
    pending->request = std::move(request);
    pending->url = url;
    // `head` and what `url` views stay valid until `done` is called: that is the host's promise.
    const auto resume = [this, pending, &head, by_ticket, done,
                         token = work.begin()](AuthenticationOutcome outcome) {
        if (pending->answered.exchange(true))
            return;
        auto& waiting = *pending->request;
        if (!outcome)
            return done(refuse(waiting, problem_of(outcome.error())));
        waiting.principal = *std::move(outcome);
        waiting.sign_in.recognised = true;
        if (auto problem = judge_app_token(head, by_ticket))
            return done(refuse(waiting, *std::move(problem)));
        done(admit_contained(head, pending->url, pending->route, std::move(pending->request)));
    };
    try {
        authenticator->authenticate(std::move(*credentials), head.remote_address, resume);
    } catch (const std::exception& exception) {
        resume(broken_by(exception));
    }
}

BeginOutcome Endpoint::State::admit_session_caller(const RequestHead& head, const boost::urls::url_view& url,
                                                   const Route& route,
                                                   std::unique_ptr<Admission::State> request) {
    // Who signs in by the form shows a password later.
    if (route.operation != Operation::create_session)
        if (auto problem = judge_session(head, request->principal))
            return refuse(*request, *std::move(problem));
    if (auto problem = judge_app_token(head, false))
        return refuse(*request, *std::move(problem));
    return admit_contained(head, url, route, std::move(request));
}

/// Who is signed in by this secret, as they are now: a session doesn't outlive its user or its password.
std::optional<Principal> Endpoint::State::session_caller(std::string_view secret) const {
    const auto found = sessions->find(secret);
    if (!found)
        return std::nullopt;
    auto now = authenticator->recognised_still(*found);
    if (!now)
        sessions->end(secret);
    return now;
}

std::optional<Problem> Endpoint::State::judge_session(const RequestHead& head, Principal& principal) const {
    const auto cookie = find_cookie(head, session_cookie);
    if (!options.schemes.session || cookie.kind != CookieValue::Kind::found)
        return problem_of(AuthenticationFailure{});
    auto found = session_caller(cookie.value);
    if (!found)
        return problem_of(AuthenticationFailure{});
    const bool exempt = options.sessions.xsrf_safe_methods && (head.method == "GET" || head.method == "HEAD");
    const auto* shown = head.count("X-XSRF-TOKEN") == 1 ? head.find("X-XSRF-TOKEN") : nullptr;
    if (!exempt && (shown == nullptr || !sessions->is_xsrf_value(cookie.value, *shown)))
        return plain_problem(
            401, "authentication.xsrf",
            "X-XSRF-TOKEN has to be the session's XSRF value, which the cookie XSRF-TOKEN and "
            "the page at /session hold");
    principal = *std::move(found);
    return std::nullopt;
}

std::optional<Problem> Endpoint::State::judge_app_token(const RequestHead& head, bool by_ticket) const {
    if (options.app_tokens.empty())
        return std::nullopt;
    const auto count = head.count("SO-AppToken");
    if (count == 0)
        return by_ticket ? std::optional{plain_problem(403, "authorization.app_token_missing",
                                                       "SoTicket needs an SO-AppToken, and there is none")}
                         : std::nullopt;
    if (count == 1 && options.app_tokens.contains(*head.find("SO-AppToken")))
        return std::nullopt;
    return plain_problem(403, "authorization.app_token", "The SO-AppToken is none that is accepted here");
}

} // namespace portrait::http
