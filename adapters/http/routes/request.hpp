#pragma once

#include "callers/cors.hpp"
#include "callers/known_browser.hpp"
#include "callers/sign_in.hpp"
#include "headers/negotiation.hpp"
#include "pictures/conditional.hpp"
#include "pictures/image_answers.hpp"
#include "routes/contract.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_renderer.hpp>

#include <boost/url/url_view.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace portrait::http {

/// The answer when there is no memory for another one: a client that gets none would wait.
inline Response bare_failure() noexcept {
    Response response;
    response.status = 500;
    return response;
}

/// A request in progress.
class Request {
public:
    Request(const Contract& contract, const RequestHead& head);

    const Contract& contract() const noexcept { return contract_; }
    PersonImageService& service() const noexcept { return *contract_.service; }
    const EndpointOptions& options() const noexcept { return contract_.options; }
    /// The form of entities for the caller; refers to `localization`.
    EntityForm entity_form(const Localization& localization) const {
        return {types_.document, localization, principal_.may_write};
    }
    /// For the validators of an answer that is made now.
    ValidatorContext validators() const { return {service().epoch(), service().now()}; }

    // Views of the host's memory, valid until the endpoint's `begin` completes.
    const RequestHead& head() const noexcept { return *head_; }
    const boost::urls::url_view& url() const noexcept { return url_; }
    CookieScope cookie_scope() const noexcept {
        const auto& options = contract_.options;
        CookieScope scope{.secure = head_->secure || options.public_url.starts_with("https:")};
        if (!options.base_path.empty())
            scope.path = options.base_path;
        return scope;
    }
    /// The secret in the session's cookie, valid or not; a view into the head, empty when there is none.
    std::string_view session_secret() const noexcept { return session_secret_of(*head_, cookie_scope()); }

    /// Whether the value of the cookie proves an earlier sign-in of this user.
    bool is_known_browser(std::string_view user, std::string_view value) const {
        return is_known_browser_value(*options().known_browser_key, user, value, now());
    }
    /// A fresh value of the cookie for the principal.
    std::string known_browser_value() const {
        return http::known_browser_value(*options().known_browser_key, principal_.name,
                                         now() + known_browser_lifetime);
    }

    const std::string& id() const noexcept { return id_; }
    /// Stopped when the client is gone.
    const std::stop_token& stop() const noexcept { return stop_; }
    /// For renditions: `stop`, and the client's network.
    RenderCaller render_caller() const { return {stop_, client_}; }
    // The negotiated types.
    ResponseType response_type() const noexcept { return types_.document; }
    ResponseType refusal_type() const noexcept { return types_.refusal; }
    /// Whether the client prefers text/html, as a browser that shows the answer.
    bool prefers_html() const noexcept { return types_.refusal == ResponseType::text_html; }
    const CorsGrant& cors() const noexcept { return cors_; }
    const Principal& principal() const noexcept { return principal_; }
    /// Whether the caller has valid credentials or a session.
    bool is_recognised() const noexcept { return is_recognised_; }
    /// For a write's fields and records.
    Actor actor() const {
        auto actor = principal_.actor;
        actor.request_id = id_;
        return actor;
    }
    /// Null until a route has matched.
    const Route* route() const noexcept { return route_; }
    Access access() const noexcept { return route_ != nullptr ? route_->access : Access::read; }
    /// The segment in place of `{personId}`, or of another name in braces, percent-decoded once.
    const std::string& person_id_text() const noexcept { return person_id_; }
    /// The id in a path with `{personId}`.
    [[nodiscard]] result<PersonId> person_id() const { return PersonId::parse(person_id_); }

    /// The ETag of a version of a picture as stored.
    std::string image_tag(const ImageVersion& version) const;

    // True for the first call alone: a port may complete twice, or complete and throw.
    bool authenticate_once() noexcept { return !authenticated_.exchange(true); }
    bool judge_once() noexcept { return !judged_.exchange(true); }

    /// What `begin` completes with. Kept here, so that the steps of `begin` needn't copy it.
    void set_completion(std::function<void(BeginOutcome)> done) { done_ = std::move(done); }
    const std::function<void(BeginOutcome)>& completion() const noexcept { return done_; }
    /// Completes `begin`; to be called once.
    void complete(BeginOutcome outcome) { std::exchange(done_, nullptr)(std::move(outcome)); }

    /// Parses the target; the URL of `url()`. Absent when it is malformed.
    std::optional<boost::urls::url_view> parse_target();
    void set_route(const Route& route, std::string person_id);
    void set_principal(Principal principal);

    /// The contract's error object; the cause goes to the log.
    Response refusal(Problem problem) const;
    Response refusal(const Error& error) const;
    /// 500 for the exception that is being handled; without memory only the status.
    Response failure() const noexcept;
    /// The answer that `make` makes, or that of its exception.
    template<class Make>
    Response contained(const Make& make) const noexcept {
        try {
            return make();
        } catch (...) {
            return failure();
        }
    }
    /// Adds the id, CORS fields and log entries to an answer, and removes the body for HEAD.
    Response completed(Response&& response) const;
    /// The completed answer, or the refusal.
    Response answered(Answer&& answer) const;

private:
    static std::chrono::sys_seconds now() {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    const Contract& contract_;
    const RequestHead* head_;
    std::string target_; ///< encoded, if the client's was not
    boost::urls::url_view url_;
    std::string id_;
    std::stop_token stop_;
    std::string client_;
    bool is_head_ = false;
    NegotiatedTypes types_;
    bool is_of_script_ = false;
    CorsGrant cors_;
    const Route* route_ = nullptr;
    std::string person_id_;
    Principal principal_;
    bool is_recognised_ = false;
    std::function<void(BeginOutcome)> done_;
    std::atomic<bool> authenticated_{false};
    std::atomic<bool> judged_{false};
    WorkInProgress::Token in_progress_; ///< the endpoint waits until it is destroyed
};

/// What a refusal depends on, besides the problem.
struct RefusedRequest {
    std::string id;
    ResponseType type = ResponseType::application_json;
    bool is_of_script = false;  ///< of a page; a 401 then has no challenge for which a browser asks its user
    bool takes_picture = false; ///< as the route's
};

/// The refusal of a request that may have no route.
Response refusal_of(const Contract& contract, Problem problem, const RefusedRequest& request);

} // namespace portrait::http
