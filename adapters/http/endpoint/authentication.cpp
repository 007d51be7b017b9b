#include "endpoint/authentication.hpp"

#include "callers/authorization.hpp"
#include "callers/cross_site.hpp"
#include "callers/sign_in.hpp"

#include <exception>
#include <utility>

namespace portrait::http {
namespace {

/// The problem that `judge` finds, or that of its exception: a port's thread has no use for one.
template<class Judge>
std::optional<Problem> contained(const Judge& judge) noexcept {
    try {
        return judge();
    } catch (...) {
        return Problem{.status = 500, .rule = "internal", .message = "Internal error"}; // needs no memory
    }
}

std::optional<Problem> judge_app_token(const Request& request, bool by_ticket) {
    const auto& accepted = request.options().app_tokens;
    if (accepted.empty())
        return std::nullopt;
    const auto& head = request.head();
    const auto count = head.count("SO-AppToken");
    if (count == 0)
        return by_ticket ? std::optional{plain_problem(403, "authorization.app_token_missing",
                                                       "The SO-AppToken is missing; SoTicket needs one")}
                         : std::nullopt;
    if (count == 1 && accepted.contains(*head.find("SO-AppToken")))
        return std::nullopt;
    return plain_problem(403, "authorization.app_token", "The SO-AppToken is not accepted here");
}

std::optional<Problem> judge_xsrf_value(const Request& request, std::string_view secret) {
    const auto& head = request.head();
    const bool is_safe = head.method == "GET" || head.method == "HEAD";
    if (is_safe && (request.options().sessions.xsrf_safe_methods || is_from_own_site(head)))
        return std::nullopt;
    const auto* shown = head.count("X-XSRF-TOKEN") == 1 ? head.find("X-XSRF-TOKEN") : nullptr;
    if (shown != nullptr && is_xsrf_value(secret, *shown))
        return std::nullopt;
    return plain_problem(401, "authentication.xsrf",
                         "The X-XSRF-TOKEN is missing or wrong; the session's XSRF value, as in the cookie "
                         "XSRF-TOKEN and the page at /session, is accepted");
}

/// For a request without Authorization.
void authenticate_session(const RequestPointer& request, Judged judged) {
    const auto secret = request->session_secret();
    if (!request->options().schemes.session || secret.empty())
        return judged(request, problem_of(AuthenticationFailure{}));
    request->contract().sessions->find(secret, [request, secret, judged](BrowserSessions::Found found) {
        if (!request->authenticate_once())
            return;
        judged(request, contained([&]() -> std::optional<Problem> {
                   if (!found)
                       return found.error();
                   if (auto problem = judge_xsrf_value(*request, secret))
                       return problem;
                   request->set_principal(*std::move(found));
                   return judge_app_token(*request, false);
               }));
    });
}

/// For a request with Authorization.
void authenticate_credentials(const RequestPointer& request, Credentials credentials, Judged judged) {
    const bool by_ticket = std::holds_alternative<TicketCredentials>(credentials);
    const auto resume = [request, by_ticket, judged](AuthenticationOutcome outcome) {
        if (!request->authenticate_once())
            return;
        judged(request, contained([&]() -> std::optional<Problem> {
                   if (!outcome)
                       return problem_of(outcome.error());
                   request->set_principal(*std::move(outcome));
                   return judge_app_token(*request, by_ticket);
               }));
    };
    try {
        request->contract().authenticator->authenticate(std::move(credentials),
                                                        request->head().remote_address, resume);
    } catch (const std::exception& exception) {
        resume(AuthenticationOutcome{AuthenticationFailure{.kind = AuthenticationFailure::Kind::broken,
                                                           .retry_after = std::chrono::seconds{1},
                                                           .cause = exception.what()}});
    }
}

/// Judges a write whose credentials a browser may have added by itself.
std::optional<Problem> judge_site(const Request& request, const Authorization& authorization) {
    const auto& route = *request.route();
    if (route.access != Access::write && !route.changes_session)
        return std::nullopt;
    const auto* const credentials = std::get_if<Credentials>(&authorization);
    const bool by_basic = credentials != nullptr && is_basic(request.head()); // a ticket, too
    const bool by_cookie = std::holds_alternative<std::monostate>(authorization) &&
                           (route.changes_session || !request.session_secret().empty());
    if (!by_basic && !by_cookie)
        return std::nullopt;
    return judge_cross_site_write(request.head(), request.cors(), request.options().public_url);
}

} // namespace

void authenticate(const RequestPointer& request, Judged judged) {
    auto authorization = authorization_of(request->head(), request->options().schemes);
    if (auto problem = judge_site(*request, authorization))
        return judged(request, std::move(problem));
    const bool signs_in = request->route()->callers == Callers::signing_in;
    if (std::holds_alternative<std::monostate>(authorization)) {
        if (!signs_in)
            return authenticate_session(request, judged);
        return judged(request, judge_app_token(*request, false)); // the form in the body has the password
    }
    auto* credentials = std::get_if<Credentials>(&authorization);
    // Signing in needs a password: a session would outlive the revocation of a token.
    if (credentials == nullptr || (signs_in && !std::holds_alternative<BasicCredentials>(*credentials)))
        return judged(request, problem_of(AuthenticationFailure{}));
    if (auto* const basic = std::get_if<BasicCredentials>(credentials)) {
        basic->stop = request->stop();
        basic->known_browser =
            request->is_known_browser(basic->user, known_browser_value_of(request->head()));
    }
    authenticate_credentials(request, std::move(*credentials), judged);
}

} // namespace portrait::http
