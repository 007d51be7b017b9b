#pragma once

#include "agents/agent_arguments.hpp"
#include "endpoint/admission.hpp"
#include "endpoint/reply_once.hpp"
#include "endpoint/work_in_progress.hpp"
#include "entity/info_edit.hpp"
#include "headers/plain_problem.hpp"
#include "routes/openapi/openapi.hpp"

#include <portrait/http/endpoint.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace portrait::http {

/// What a request gets when nobody was recognised.
Problem problem_of(const AuthenticationFailure& failure);

/// Names the schemes that are on.
void set_challenges(Response& response, const AuthenticationSchemes& schemes);

/// The endpoint's works, in files of their own: refusals and finishing touches (endpoint_answers.cpp), the
/// first step (endpoint_begin.cpp), who is calling (endpoint_callers.cpp), signing in and out
/// (endpoint_sign_in.cpp), the second step (endpoint_finish.cpp), a picture in whatever size
/// (endpoint_pictures.cpp), both steps of a change of ImageInfo (endpoint_info.cpp), and the agents' calls
/// (endpoint_agents.cpp, endpoint_scaled.cpp).
struct Endpoint::State {
    using BeginCompletion = std::function<void(BeginOutcome)>;

    std::shared_ptr<PersonImageService> service;
    std::shared_ptr<Authenticator> authenticator;
    std::shared_ptr<Executor> readers;
    std::shared_ptr<Executor> writers;
    EndpointOptions options;
    std::shared_ptr<Log> log;
    OpenApiText openapi;
    std::atomic<bool> draining{false};
    WorkInProgress work;

    // Answers. A problem is answered in the contract's shape; its cause goes to the log.
    Response refuse(Problem problem, const std::string& request_id, ResponseType type, bool upload) const;
    Response refuse(const Admission::State& request, Problem problem) const;
    Response refuse(const Admission::State& request, const Error& error) const;
    /// The answer for the exception that is being handled.
    Response broken(const Admission::State& request) const;
    /// The answer as this request gets it: with its id, and without a body for HEAD.
    static Response finished(const Admission::State& request, Response response);
    Response health(Operation operation) const;
    /// Of a route that anybody may call.
    Response public_answer(const Admission::State& request) const;

    // First step.
    void begin(const RequestHead& head, const BeginCompletion& done);

    // Second step, on the executors.
    void finish(std::unique_ptr<Admission::State> admitted, ImageBytes body,
                std::function<void(Response)> done);

private:
    /// Whether the path is in the table and not here: that of signing in while sessions are off, and so on.
    bool is_switched_off(const boost::urls::url_view& url) const;
    Response wrong_method(const Admission::State& request, const std::string& allow) const;
    /// A request between its head and the moment at which its caller is known. Completions are copied, so
    /// they share it.
    struct PORTRAIT_HIDDEN Caller;
    using CallerPointer = std::shared_ptr<Caller>;
    void authenticate(const CallerPointer& caller);
    void authenticate_session(const CallerPointer& caller);
    using SessionOutcome = boost::system::result<Principal, Problem>;
    /// Finds the principal of a session as it is now: a session ends with its user and with its user's
    /// password.
    void find_session(std::string_view secret, const std::function<void(SessionOutcome)>& done);
    std::optional<Problem> judge_xsrf_value(const RequestHead& head, std::string_view secret) const;
    std::optional<Problem> judge_app_token(const RequestHead& head, bool by_ticket) const;

    void show_session(const CallerPointer& caller);
    void end_session(const CallerPointer& caller);
    BeginOutcome admit_sign_in(const RequestHead& head, std::unique_ptr<Admission::State>& request) const;
    void sign_in(const std::shared_ptr<Admission::State>& request, const ImageBytes& body,
                 const ReplyOnce& reply);
    void start_session(const std::shared_ptr<Admission::State>& request, const ReplyOnce& reply);
    Response signed_in(const Admission::State& request, std::string_view secret) const;
    Response sign_in_refused(const Admission::State& request, const Problem& problem) const;
    void sign_out_by_form(const std::shared_ptr<Admission::State>& request, std::string_view xsrf_value,
                          const ReplyOnce& reply);

    void admit_contained(const CallerPointer& caller);
    BeginOutcome admit(const RequestHead& head, const boost::urls::url_view& url, const Route& route,
                       std::unique_ptr<Admission::State>& request);
    BeginOutcome admit_upload(const RequestHead& head, std::unique_ptr<Admission::State>& request) const;
    BeginOutcome admit_read(const RequestHead& head, const boost::urls::url_view& url,
                            std::unique_ptr<Admission::State>& request) const;

    BeginOutcome admit_agent_call(const RequestHead& head, const boost::urls::url_view& url, AgentCall call,
                                  std::unique_ptr<Admission::State>& request) const;
    void call_agent(const std::shared_ptr<Admission::State>& request, ImageBytes body,
                    const ReplyOnce& reply);
    void set_person_image(const std::shared_ptr<Admission::State>& request, AgentArguments arguments,
                          const ReplyOnce& reply);

    /// The calls that scale.
    void person_image_with_size(const std::shared_ptr<Admission::State>& request,
                                const AgentArguments& arguments, const ReplyOnce& reply) const;
    void person_images(const std::shared_ptr<Admission::State>& request, const AgentArguments& arguments,
                       const ReplyOnce& reply) const;

    void run(const std::shared_ptr<Admission::State>& request, ImageBytes body, const ReplyOnce& reply);
    void save(const std::shared_ptr<Admission::State>& request, ImageBytes body, const ReplyOnce& reply);
    BeginOutcome admit_info_edit(const RequestHead& head, std::unique_ptr<Admission::State>& request) const;
    Response edit_info(const Admission::State& request, const ImageBytes& body);
    Response edit_stored_info(const Admission::State& request, const InfoEdit& edit);
    Response remove(Admission::State& request);

    // A person's picture, as stored or in another size or type.
    std::optional<Response> decided_at_hand(const Admission::State& request, const RequestHead& head) const;
    std::optional<Response> picture_at_hand(const Admission::State& request, const RequestHead& head) const;
    void read_image(const std::shared_ptr<Admission::State>& request, const ReplyOnce& reply) const;
    void render(const std::shared_ptr<Admission::State>& request, const ImageInfo& info,
                const Rendition& wanted, const ReplyOnce& reply) const;
    void answer_without_picture(const std::shared_ptr<Admission::State>& request, const Error& error,
                                const ReplyOnce& reply) const;
    Response read_info(const Admission::State& request) const;
};

} // namespace portrait::http
