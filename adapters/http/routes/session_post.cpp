#include "callers/authorization.hpp"
#include "callers/sign_in.hpp"
#include "headers/content_types.hpp"
#include "routes/request.hpp"
#include "routes/table.hpp"

#include <utility>

namespace portrait::http {
namespace {

/// POST /session (contract section 4): signs in by Basic or by a form, or signs out by a form. A sign-in
/// always starts a fresh session, because another user may know the secret of an earlier one.
class CreateSession {
public:
    static Begun begin(const RequestPointer& request) {
        const auto& head = request->head();
        const auto* content_type = head.find("Content-Type");
        if (!request->is_recognised() && content_type == nullptr)
            return problem_of(AuthenticationFailure{});
        const auto type = content_type != nullptr ? parse_media_type(*content_type) : std::nullopt;
        if (!request->is_recognised() && (!type || type->name != sign_in_form_type))
            return plain_problem(415, "session.form_type",
                                 "The Content-Type is not accepted; Basic credentials or "
                                 "application/x-www-form-urlencoded are");
        return Exchange{CreateSession{request}, max_sign_in_form_length};
    }

    explicit CreateSession(RequestPointer request)
        : request_{std::move(request)}
        , is_page_{request_->prefers_html()}
        , scope_{request_->cookie_scope()}
        , replaced_{request_->session_secret()}
        , known_browser_{known_browser_value_of(request_->head())}
        , remote_address_{request_->head().remote_address} {}

    void operator()(const ImageBytes& body, const Reply& reply) const {
        if (request_->is_recognised())
            return start_session(reply);
        auto form = parse_sign_in_form(body.text());
        if (!form)
            return refuse(form.error(), reply);
        if (form->sign_out)
            return sign_out(form->xsrf_value, reply);
        const bool is_known = request_->is_known_browser(form->user, known_browser_);
        request_->contract().authenticator->authenticate(
            BasicCredentials{std::move(form->user), std::move(form->password), request_->stop(), is_known},
            remote_address_, reply.contained([this, reply](AuthenticationOutcome outcome) {
                if (!outcome)
                    return refuse(problem_of(outcome.error()), reply);
                request_->set_principal(*std::move(outcome));
                start_session(reply);
            }));
    }

private:
    void start_session(const Reply& reply) const {
        const auto& sessions = *request_->contract().sessions;
        if (!replaced_.empty())
            sessions.end(replaced_, [](const result<bool>&) {});
        const auto answer = [this, reply](const result<std::string>& secret) {
            if (!secret)
                return refuse(problem_of(secret.error(), Access::read), reply);
            auto response = signed_in_answer(is_page_, scope_);
            set_session_cookies(response, *secret, xsrf_value(*secret), scope_);
            set_known_browser_cookie(response, request_->known_browser_value(), scope_);
            reply(std::move(response));
        };
        sessions.start(request_->principal(), reply.contained(answer));
    }

    void sign_out(std::string_view xsrf_value, const Reply& reply) const {
        if (!is_xsrf_value(replaced_, xsrf_value))
            return refuse(problem_of(AuthenticationFailure{}), reply);
        const auto answer = [this, reply](const result<bool>& ended) {
            if (!ended)
                return refuse(problem_of(ended.error(), Access::read), reply);
            if (!*ended)
                return refuse(problem_of(AuthenticationFailure{}), reply);
            reply(signed_out_answer(is_page_, scope_));
        };
        request_->contract().sessions->end(replaced_, reply.contained(answer));
    }

    /// Answers a browser with the form again, and a sentence above it.
    void refuse(const Problem& problem, const Reply& reply) const {
        if (!is_page_)
            return reply(problem);
        const auto refused = request_->refusal(problem);
        const bool is_wrong = problem.status == 401;
        auto page = sign_in_page(refused.status,
                                 is_wrong               ? "User or password is wrong."
                                 : problem.status < 500 ? problem.message
                                                        : "Something went wrong here; try again later.",
                                 scope_);
        if (const auto* retry_after = refused.find("Retry-After"))
            page.set("Retry-After", *retry_after);
        if (is_wrong) {
            // Without Basic: a browser would open a dialog of its own in front of the page.
            auto schemes = request_->options().schemes;
            schemes.basic = false;
            set_challenges(page, schemes);
        }
        reply(std::move(page));
    }

    RequestPointer request_;
    bool is_page_; ///< the client is a browser, which shows the answer
    CookieScope scope_;
    std::string replaced_;      ///< the secret of an earlier session; empty: none
    std::string known_browser_; ///< the value of the cookie
    std::string remote_address_;
};

} // namespace

constinit const Route create_session{
    .method = "POST",
    .path = "/session",
    .callers = Callers::signing_in,
    .summary = "Signs in, by Basic or by a form; sets the session's cookies",
    .begin = &CreateSession::begin,
    .changes_session = true,
    .accepts = &accepted_sign_in_form,
    .is_on = &has_sessions,
    .document = {.subject = "Session",
                 .request = BodyContent::sign_in_form,
                 .answers = {{204, BodyContent::nothing}, {303, BodyContent::nothing}},
                 .refusals = {400, 401, 413, 415, 429, 500, 503}}};

} // namespace portrait::http
