#include "callers/authorization.hpp"
#include "callers/cookies.hpp"
#include "callers/session_secret.hpp"
#include "callers/sign_in_answers.hpp"
#include "endpoint/caller.hpp"
#include "endpoint/endpoint_state.hpp"

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

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

void Endpoint::State::authenticate(const CallerPointer& caller) {
    const auto& head = caller->head;
    auto authorization = authorization_of(head, options.schemes);
    if (std::holds_alternative<std::monostate>(authorization))
        return authenticate_session(caller);
    auto* credentials = std::get_if<Credentials>(&authorization);
    // A token is no password: whoever has one needs no session, and a session would outlive its revocation.
    if (credentials == nullptr || (caller->route.operation == Operation::create_session &&
                                   !std::holds_alternative<BasicCredentials>(*credentials)))
        return caller->done(refuse(*caller->request, problem_of(AuthenticationFailure{})));
    const bool by_ticket = std::holds_alternative<TicketCredentials>(*credentials);

    const auto resume = [this, caller, by_ticket](AuthenticationOutcome outcome) {
        if (!caller->decide())
            return;
        auto& request = *caller->request;
        if (!outcome)
            return caller->done(refuse(request, problem_of(outcome.error())));
        request.principal = *std::move(outcome);
        request.sign_in.recognised = true;
        if (auto problem = judge_app_token(caller->head, by_ticket))
            return caller->done(refuse(request, *std::move(problem)));
        admit_contained(caller);
    };
    try {
        authenticator->authenticate(std::move(*credentials), head.remote_address, resume);
    } catch (const std::exception& exception) {
        resume(broken_by(exception));
    }
}

/// Of a request without Authorization.
void Endpoint::State::authenticate_session(const CallerPointer& caller) {
    const auto resume = [this, caller](SessionOutcome found) {
        if (!caller->decide())
            return;
        auto& request = *caller->request;
        if (!found)
            return caller->done(refuse(request, found.error()));
        request.principal = *std::move(found);
        if (auto problem = judge_app_token(caller->head, false))
            return caller->done(refuse(request, *std::move(problem)));
        admit_contained(caller);
    };
    // A form brings its password later.
    if (caller->route.operation == Operation::create_session)
        return resume(Principal{});
    const auto cookie = find_cookie(caller->head, session_cookie);
    if (!options.schemes.session || cookie.kind != CookieValue::Kind::found)
        return resume(problem_of(AuthenticationFailure{}));
    find_session(cookie.value, [this, caller, resume](SessionOutcome found) {
        if (found) {
            const auto secret = find_cookie(caller->head, session_cookie).value;
            if (auto problem = judge_xsrf_value(caller->head, secret))
                return resume(*std::move(problem));
        }
        resume(std::move(found));
    });
}

void Endpoint::State::find_session(std::string_view secret, const std::function<void(SessionOutcome)>& done) {
    // No secret has another length, and a long one would cost time.
    if (secret.size() != session_secret_length)
        return done(problem_of(AuthenticationFailure{}));
    const auto session = sha256(secret);
    const auto revalidate = [this, session, done](const result<std::optional<Principal>>& found) {
        if (!found)
            return done(problem_of(found.error(), Access::read));
        if (!*found)
            return done(problem_of(AuthenticationFailure{}));
        const auto decide = [this, session, done](AuthenticationOutcome now) {
            if (now)
                return done(*std::move(now));
            if (now.error().kind == AuthenticationFailure::Kind::rejected)
                options.session_store->end(session, [](const result<bool>&) {});
            done(problem_of(now.error()));
        };
        try {
            authenticator->revalidate(**found, decide);
        } catch (const std::exception& exception) {
            done(problem_of(broken_by(exception)));
        }
    };
    try {
        options.session_store->find(session, revalidate);
    } catch (const std::exception& exception) {
        done(problem_of(broken_by(exception)));
    }
}

std::optional<Problem> Endpoint::State::judge_xsrf_value(const RequestHead& head,
                                                         std::string_view secret) const {
    if (options.sessions.xsrf_safe_methods && (head.method == "GET" || head.method == "HEAD"))
        return std::nullopt;
    const auto* shown = head.count("X-XSRF-TOKEN") == 1 ? head.find("X-XSRF-TOKEN") : nullptr;
    if (shown != nullptr && is_xsrf_value(secret, *shown))
        return std::nullopt;
    return plain_problem(401, "authentication.xsrf",
                         "X-XSRF-TOKEN has to be the session's XSRF value, which the cookie XSRF-TOKEN and "
                         "the page at /session hold");
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
