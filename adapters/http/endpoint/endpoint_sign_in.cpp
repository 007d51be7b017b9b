#include "callers/cookies.hpp"
#include "callers/session_secret.hpp"
#include "callers/sign_in_answers.hpp"
#include "callers/sign_in_form.hpp"
#include "endpoint/caller.hpp"
#include "endpoint/endpoint_state.hpp"
#include "headers/content_types.hpp"

#include <exception>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// The secret that the request shows, valid or not; empty when it shows none that could be.
std::string_view shown_secret(const RequestHead& head) noexcept {
    const auto cookie = find_cookie(head, session_cookie);
    return cookie.kind == CookieValue::Kind::found ? cookie.value : std::string_view{};
}

Response not_a_form(Response refused) {
    refused.set("Accept", std::string{form_type});
    return refused;
}

Response signed_out(bool page, bool secure) {
    Response response;
    response.status = 204;
    if (page)
        response = see_session_page();
    response.set("Cache-Control", "no-store");
    clear_session_cookies(response, secure);
    return response;
}

bool is_form(std::string_view content_type) {
    const auto type = parse_media_type(content_type);
    return type && type->name == form_type;
}

} // namespace

void Endpoint::State::show_session(const CallerPointer& caller) {
    find_session(shown_secret(caller->head), [this, caller](const SessionOutcome& found) {
        if (!caller->decide())
            return;
        const auto& head = caller->head;
        const auto& request = *caller->request;
        caller->answer([&] {
            if (!found && found.error().status == 401)
                return finished(request, sign_in_page(200, {}));
            if (!found)
                return refuse(request, found.error());
            const auto value = xsrf_value(shown_secret(head));
            auto response = signed_in_page(found->name, value);
            set_xsrf_cookie(response, value, head.secure);
            return finished(request, std::move(response));
        });
    });
}

void Endpoint::State::end_session(const CallerPointer& caller) {
    const CallOnce<result<bool>> resume{[this, caller](const result<bool>& ended) {
        const auto& request = *caller->request;
        caller->answer([&] {
            if (!ended)
                return refuse(request, ended.error());
            return finished(request, signed_out(false, caller->head.secure));
        });
    }};
    try {
        options.session_store->end(sha256(shown_secret(caller->head)), resume);
    } catch (const std::exception& exception) {
        resume(Error{errc::internal}.with_cause(exception.what()));
    }
}

BeginOutcome Endpoint::State::admit_sign_in(const RequestHead& head,
                                            std::unique_ptr<Admission::State>& request) const {
    // A page of another site must not sign its visitor in as somebody else, nor out.
    if (is_cross_site(head, request->cors))
        return refuse(*request, plain_problem(403, "session.cross_site",
                                              "Signing in is for this site's own page and for origins that "
                                              "are configured"));
    const auto* content_type = head.find("Content-Type");
    if (!request->sign_in.recognised && (content_type == nullptr || !is_form(*content_type))) {
        if (content_type == nullptr)
            return refuse(*request, problem_of(AuthenticationFailure{}));
        return not_a_form(refuse(
            *request, plain_problem(415, "session.form_type",
                                    "Sign in by Basic credentials or by application/x-www-form-urlencoded")));
    }
    request->body_limit = max_sign_in_form_length;
    request->sign_in.page = wants_page(head);
    request->sign_in.secure = head.secure;
    request->sign_in.replaced = shown_secret(head);
    request->sign_in.remote_address = head.remote_address;
    return Admission{std::move(request)};
}

void Endpoint::State::sign_in(const std::shared_ptr<Admission::State>& request, const ImageBytes& body,
                              const ReplyOnce& reply) {
    if (request->sign_in.recognised)
        return start_session(request, reply);
    auto form = parse_sign_in_form(body.text());
    if (!form)
        return reply(
            sign_in_refused(*request, plain_problem(400, "session.bad_form", form.error().message())));
    if (form->sign_out)
        return sign_out_by_form(request, form->xsrf_value, reply);
    const auto resume = [this, request, reply, token = work.begin()](AuthenticationOutcome outcome) {
        try {
            if (!outcome)
                return reply(sign_in_refused(*request, problem_of(outcome.error())));
            request->principal = *std::move(outcome);
            start_session(request, reply);
        } catch (...) {
            reply(broken(*request));
        }
    };
    // An exception is answered by the caller.
    authenticator->authenticate(BasicCredentials{std::move(form->user), std::move(form->password)},
                                request->sign_in.remote_address, resume);
}

/// Starts a fresh session in any case: somebody else may know the secret of an earlier one.
void Endpoint::State::start_session(const std::shared_ptr<Admission::State>& request,
                                    const ReplyOnce& reply) {
    if (!request->sign_in.replaced.empty())
        options.session_store->end(sha256(request->sign_in.replaced), [](const result<bool>&) {});
    auto secret = random_secret();
    const auto session = sha256(secret);
    options.session_store->start(
        session, request->principal,
        [this, request, reply, secret = std::move(secret),
         token = work.begin()](const result<void>& started) {
            try {
                reply(started ? signed_in(*request, secret)
                              : sign_in_refused(*request, problem_of(started.error(), Access::read)));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

Response Endpoint::State::signed_in(const Admission::State& request, std::string_view secret) const {
    const auto& sign_in = request.sign_in;
    Response response;
    response.status = 204;
    if (sign_in.page)
        response = see_session_page();
    response.set("Cache-Control", "no-store");
    set_session_cookies(response, secret, xsrf_value(secret), sign_in.secure);
    return finished(request, std::move(response));
}

Response Endpoint::State::sign_in_refused(const Admission::State& request, const Problem& problem) const {
    auto refused = refuse(request, problem);
    if (!request.sign_in.page)
        return refused;
    const bool wrong = problem.status == 401;
    auto page =
        sign_in_page(refused.status, wrong                  ? "User or password is wrong."
                                     : problem.status < 500 ? problem.message
                                                            : "Something went wrong here; try again later.");
    if (const auto* retry_after = refused.find("Retry-After"))
        page.set("Retry-After", *retry_after);
    if (wrong) {
        // Not Basic: a browser would open a window of its own in front of the page.
        auto schemes = options.schemes;
        schemes.basic = false;
        set_challenges(page, schemes);
    }
    return finished(request, std::move(page));
}

void Endpoint::State::sign_out_by_form(const std::shared_ptr<Admission::State>& request,
                                       std::string_view xsrf_value, const ReplyOnce& reply) {
    const auto& sign_in = request->sign_in;
    if (!is_xsrf_value(sign_in.replaced, xsrf_value))
        return reply(sign_in_refused(*request, problem_of(AuthenticationFailure{})));
    options.session_store->end(
        sha256(sign_in.replaced), [this, request, reply, token = work.begin()](const result<bool>& ended) {
            try {
                if (!ended)
                    return reply(sign_in_refused(*request, problem_of(ended.error(), Access::read)));
                if (!*ended)
                    return reply(sign_in_refused(*request, problem_of(AuthenticationFailure{})));
                reply(finished(*request, signed_out(request->sign_in.page, request->sign_in.secure)));
            } catch (...) {
                reply(broken(*request));
            }
        });
}

} // namespace portrait::http
