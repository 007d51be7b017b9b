#include "admission.hpp"
#include "authorization.hpp"
#include "conditional.hpp"
#include "entity_tag.hpp"
#include "image_answers.hpp"
#include "image_uploads.hpp"
#include "request_id.hpp"
#include "routes.hpp"
#include "work_in_progress.hpp"

#include <portrait/http/endpoint.hpp>

#include <fmt/format.h>

#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

namespace portrait::http {

namespace {

using BeginCompletion = std::function<void(BeginOutcome)>;
using Reply = std::function<void(Response)>;

/// Requests without an upload may still carry a body, which is read and ignored up to this many bytes.
constexpr std::uint64_t ignored_body_limit = 64 * 1024;

template<class Port>
std::shared_ptr<Port> required(std::shared_ptr<Port> port, const char* name) {
    if (!port)
        throw std::invalid_argument{fmt::format("Endpoint needs {}", name)};
    return port;
}

Problem plain_problem(unsigned status, std::string_view rule, std::string message) {
    return {.status = status,
            .rule = rule,
            .message = std::move(message),
            .observed = {},
            .limit = {},
            .retry_after = {},
            .cause = {}};
}

Problem problem_of(const AuthenticationFailure& failure) {
    switch (failure.kind) {
    case AuthenticationFailure::Kind::rejected: break;
    case AuthenticationFailure::Kind::busy: {
        auto problem = plain_problem(429, "authentication.busy",
                                     "Too many sign-in attempts at present; try again later");
        problem.retry_after = failure.retry_after;
        return problem;
    }
    case AuthenticationFailure::Kind::broken: {
        auto problem = plain_problem(500, "authentication.broken", "internal error");
        problem.cause = failure.cause;
        return problem;
    }
    }
    return plain_problem(401, "authentication.failed",
                         "Authentication failed; send valid credentials in the Authorization header");
}

bool is_exempt_from_strictness(unsigned status) noexcept {
    return status < 400 || status > 499 || status == 401 || status == 403 || status == 412 || status == 429;
}

/// Calls a completion once, whatever happens: the second call of a pair of racing or throwing paths is
/// dropped.
class ReplyOnce {
public:
    explicit ReplyOnce(Reply reply)
        : shared_{std::make_shared<Shared>(std::move(reply))} {}

    void operator()(Response response) const {
        if (!shared_->called.exchange(true))
            shared_->reply(std::move(response));
    }

private:
    struct Shared {
        explicit Shared(Reply completion)
            : reply{std::move(completion)} {}
        Reply reply;
        std::atomic<bool> called{false};
    };
    std::shared_ptr<Shared> shared_;
};

} // namespace

struct Endpoint::State {
    std::shared_ptr<PersonImageService> service;
    std::shared_ptr<Authenticator> authenticator;
    std::shared_ptr<Executor> readers;
    std::shared_ptr<Executor> writers;
    EndpointOptions options;
    std::shared_ptr<Log> log;
    std::atomic<bool> draining{false};
    WorkInProgress work;

    // --- answers ---

    /// A problem as the client sees it; its cause goes to the log.
    Response refuse(Problem problem, const std::string& request_id, bool upload) const {
        if (problem.status >= 500 && problem.status != 501 && problem.status != 503 &&
            problem.status != 507) {
            log_event(Severity::error, fmt::format("{}: {} {}", problem.rule, problem.message, problem.cause),
                      request_id);
            problem.message = fmt::format("internal error, request id {}", request_id);
        } else if (!problem.cause.empty()) {
            log_event(Severity::warning, fmt::format("{}: {}", problem.rule, problem.cause), request_id);
        }
        if (upload && options.strict_superoffice && !is_exempt_from_strictness(problem.status))
            problem.status = 400;
        return with_id(problem_answer(problem), request_id);
    }

    Response refuse(const Admission::State& request, Problem problem) const {
        return finished(request, refuse(std::move(problem), request.request_id, is_upload(request)));
    }

    Response refuse(const Admission::State& request, const Error& error) const {
        auto response = refuse(request, http::problem_of(error, access_of(request.operation)));
        if (error.current() != nullptr)
            response.set("ETag", entity_tag(*error.current()));
        return response;
    }

    Response broken(const Admission::State& request) const {
        std::string cause = "unknown exception";
        try {
            throw;
        } catch (const std::exception& exception) {
            cause = exception.what();
        } catch (...) { // NOLINT(bugprone-empty-catch): whatever it is, it is "unknown"
        }
        return refuse(request, Error{errc::internal}.with_cause(std::move(cause)));
    }

    static Response with_id(Response response, const std::string& request_id) {
        response.set("X-Request-Id", request_id);
        return response;
    }

    /// The answer as this request gets it: with its id, and without a body for HEAD.
    static Response finished(const Admission::State& request, Response response) {
        response.set("X-Request-Id", request.request_id);
        response.principal = request.principal.name;
        if (request.head_only) {
            response.content_length = response.body_text().size();
            response.body = std::monostate{};
        }
        return response;
    }

    static bool is_upload(const Admission::State& request) noexcept {
        return request.operation == Operation::put_image;
    }

    void log_event(Severity severity, std::string_view message, std::string_view request_id) const {
        if (log)
            log->event(severity, message, request_id);
    }

    // --- first step ---

    void begin(const RequestHead& head, const BeginCompletion& done) {
        auto request = std::make_unique<Admission::State>();
        request->request_id = request_id(head);
        request->head_only = head.method == "HEAD";

        const auto url = parse_target(head.target);
        if (!url)
            return done(refuse(*request,
                               plain_problem(400, "request.bad_target", "The request target is malformed")));
        auto match = match_route(head.method, *url);
        if (std::holds_alternative<UnknownPath>(match))
            return done(refuse(*request,
                               plain_problem(404, "request.unknown_path", "There is nothing at this path")));
        if (const auto* wrong = std::get_if<WrongMethod>(&match))
            return done(wrong_method(*request, *wrong));

        auto& route = std::get<Route>(match);
        request->operation = route.operation;
        if (is_public(route.operation))
            return done(finished(*request, health(route.operation)));
        authenticate(head, *url, std::move(route), std::move(request), done);
    }

    Response wrong_method(const Admission::State& request, const WrongMethod& wrong) const {
        auto response = refuse(
            request, plain_problem(405, "request.method_not_allowed",
                                   fmt::format("The method is not allowed here; {} are", wrong.allow)));
        response.set("Allow", wrong.allow);
        return response;
    }

    Response health(Operation operation) const {
        if (operation == Operation::get_health)
            return text_answer(200, "alive\n");
        if (draining)
            return text_answer(503, "draining\n");
        const auto writable = service->writable();
        return writable ? text_answer(200, "ready\n") : text_answer(503, writable.error().message() + "\n");
    }

    void authenticate(const RequestHead& head, const boost::urls::url_view& url, Route route,
                      std::unique_ptr<Admission::State> request, const BeginCompletion& done) {
        auto authorization = parse_authorization(head.find("Authorization"));
        auto* credentials = std::get_if<Credentials>(&authorization);
        if (credentials == nullptr)
            return done(refuse(*request, problem_of(AuthenticationFailure{})));

        // std::function copies, so what moves through it is shared; head and url stay valid until done is
        // called.
        struct Pending {
            Route route;
            std::unique_ptr<Admission::State> request;
            boost::urls::url_view url;
            std::atomic<bool> answered{false};
        };
        auto pending = std::make_shared<Pending>();
        pending->route = std::move(route);
        pending->request = std::move(request);
        pending->url = url;
        auto resume = [this, pending, &head, done, token = work.begin()](AuthenticationOutcome outcome) {
            if (pending->answered.exchange(true))
                return;
            auto& waiting = *pending->request;
            if (!outcome)
                return done(refuse(waiting, problem_of(outcome.error())));
            waiting.principal = *std::move(outcome);
            done(admit_contained(head, pending->url, pending->route, std::move(pending->request)));
        };
        try {
            authenticator->authenticate(std::move(*credentials), head.remote_address, resume);
        } catch (const std::exception& exception) {
            resume(AuthenticationFailure{.kind = AuthenticationFailure::Kind::broken,
                                         .retry_after = std::chrono::seconds{1},
                                         .cause = exception.what()});
        }
    }

    BeginOutcome admit_contained(const RequestHead& head, const boost::urls::url_view& url,
                                 const Route& route, std::unique_ptr<Admission::State> request) {
        auto* state = request.get();
        try {
            return admit(head, url, route, request);
        } catch (...) {
            return broken(*state);
        }
    }

    BeginOutcome admit(const RequestHead& head, const boost::urls::url_view& url, const Route& route,
                       std::unique_ptr<Admission::State>& request) {
        if (access_of(route.operation) == Access::write && !request->principal.may_write)
            return refuse(*request, plain_problem(403, "authorization.read_only",
                                                  "You may read pictures and not change them"));
        const auto person_id = PersonId::parse(route.person_id);
        if (!person_id)
            return refuse(*request, person_id.error());
        request->person_id = *person_id;
        request->body_limit = ignored_body_limit;

        switch (route.operation) {
        case Operation::put_image: return admit_upload(head, request);
        case Operation::get_image: return admit_read(head, url, request);
        case Operation::delete_image: request->precondition = write_precondition(head); break;
        default: request->conditional = ConditionalFields{head}; break;
        }
        return Admission{std::move(request)};
    }

    BeginOutcome admit_upload(const RequestHead& head, std::unique_ptr<Admission::State>& request) const {
        auto upload = judge_upload(head, service->limits());
        if (!upload)
            return refuse(*request, upload.error());
        request->upload_type = std::move(upload->type);
        request->body_limit = upload->body_limit;
        request->precondition = write_precondition(head);
        return Admission{std::move(request)};
    }

    BeginOutcome admit_read(const RequestHead& head, const boost::urls::url_view& url,
                            std::unique_ptr<Admission::State>& request) const {
        auto query = parse_image_query(url);
        if (!query)
            return refuse(*request, query.error());
        request->query = *query;
        if (auto cached = service->cached_image(*request->person_id))
            return picture(*request, head, *std::move(cached));
        request->conditional = ConditionalFields{head};
        return Admission{std::move(request)};
    }

    // --- second step, on the executors ---

    void finish(std::unique_ptr<Admission::State> admitted, ImageBytes body, Reply done) {
        const std::shared_ptr<Admission::State> request{std::move(admitted)};
        const ReplyOnce reply{std::move(done)};
        auto& executor = access_of(request->operation) == Access::write ? *writers : *readers;
        const bool taken =
            executor.execute([this, request, reply, body = std::move(body), token = work.begin()]() mutable {
                try {
                    run(request, std::move(body), reply);
                } catch (...) {
                    reply(broken(*request));
                }
            });
        if (!taken)
            reply(refuse(*request, Error{errc::service_busy}));
    }

    void run(const std::shared_ptr<Admission::State>& request, ImageBytes body, const ReplyOnce& reply) {
        switch (request->operation) {
        case Operation::put_image: return save(request, std::move(body), reply);
        case Operation::delete_image: return reply(remove(*request));
        case Operation::get_image: return reply(read_image(*request));
        default: return reply(read_info(*request));
        }
    }

    void save(const std::shared_ptr<Admission::State>& request, ImageBytes body, const ReplyOnce& reply) {
        auto picture = picture_of(std::move(body), request->upload_type);
        if (!picture)
            return reply(refuse(*request, picture.error()));
        // The store answers from its committing thread once the picture is durable; this thread is free
        // before.
        service->submit(*request->person_id, *std::move(picture), request->principal.actor,
                        std::move(request->precondition),
                        [this, request, reply, token = work.begin()](const result<SavedImage>& saved) {
                            try {
                                reply(saved ? finished(*request, saved_answer(saved->info))
                                            : refuse(*request, saved.error()));
                            } catch (...) {
                                reply(broken(*request));
                            }
                        });
    }

    Response remove(Admission::State& request) {
        const auto removed =
            service->remove(*request.person_id, request.principal.actor, std::move(request.precondition));
        return removed ? finished(request, removed_answer()) : refuse(request, removed.error());
    }

    Response read_image(const Admission::State& request) const {
        auto stored = service->image(*request.person_id);
        if (stored)
            return picture(request, request.conditional.head(), *std::move(stored));
        if (stored.error() == errc::image_none && request.query.if_blank == IfBlank::placeholder)
            return refuse(request,
                          Error{errc::rendition_not_supported,
                                "Placeholder pictures are not available here; ask with ifBlank=Null"});
        return refuse(request, stored.error());
    }

    /// The picture as stored; renditions need a renderer, which this endpoint has none of.
    Response picture(const Admission::State& request, const RequestHead& head, StoredImage image) const {
        const auto& rendition = request.query.rendition;
        const bool as_stored = !rendition.width && !rendition.height &&
                               (!rendition.format || rendition.format == image.info.format);
        if (!as_stored)
            return refuse(request, Error{errc::rendition_not_supported});
        return finished(request, picture_answer(head, *request.person_id, std::move(image)));
    }

    Response read_info(const Admission::State& request) const {
        const auto info = service->info(*request.person_id);
        if (info)
            return finished(request, info_answer(request.conditional.head(), *info));
        if (info.error() == errc::image_none)
            return finished(request, empty_info_answer());
        return refuse(request, info.error());
    }
};

Endpoint::Endpoint(std::shared_ptr<PersonImageService> service, std::shared_ptr<Authenticator> authenticator,
                   std::shared_ptr<Executor> readers, std::shared_ptr<Executor> writers,
                   EndpointOptions options, std::shared_ptr<Log> log)
    : state_{std::make_unique<State>()} {
    state_->service = required(std::move(service), "a service");
    state_->authenticator = required(std::move(authenticator), "an authenticator");
    state_->readers = required(std::move(readers), "an executor for reads");
    state_->writers = required(std::move(writers), "an executor for writes");
    state_->options = options;
    state_->log = std::move(log);
}

Endpoint::~Endpoint() {
    state_->work.wait();
}

void Endpoint::begin(const RequestHead& head, std::function<void(BeginOutcome)> done) {
    state_->begin(head, done);
}

void Endpoint::finish(Admission admission, ImageBytes body, std::function<void(Response)> done) {
    state_->finish(std::move(admission.state_), std::move(body), std::move(done));
}

void Endpoint::handle(const RequestHead& head, ImageBytes body, std::function<void(Response)> done) {
    begin(head, [this, body = std::move(body), done = std::move(done)](BeginOutcome outcome) {
        if (auto* response = std::get_if<Response>(&outcome))
            return done(std::move(*response));
        auto& admission = std::get<Admission>(outcome);
        const auto limit = admission.body_limit();
        if (body.size() > limit)
            return done(refuse(body_too_large(limit, body.size()), admission));
        finish(std::move(admission), body, done);
    });
}

Response Endpoint::handle(const RequestHead& head, ImageBytes body) {
    auto answered = std::make_shared<std::promise<Response>>();
    auto answer = answered->get_future();
    handle(head, std::move(body),
           [answered](Response response) { answered->set_value(std::move(response)); });
    return answer.get();
}

Response Endpoint::refuse(const Problem& problem, const RequestHead* head) const {
    return state_->refuse(problem, request_id(head != nullptr ? *head : RequestHead{}), false);
}

Response Endpoint::refuse(const Problem& problem, const Admission& admission) const {
    return state_->refuse(*admission.state_, problem);
}

void Endpoint::set_draining(bool draining) noexcept {
    state_->draining = draining;
}

} // namespace portrait::http
