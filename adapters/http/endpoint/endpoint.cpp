#include "endpoint/authentication.hpp"
#include "headers/field_syntax.hpp"
#include "routes/table.hpp"

#include <portrait/http/endpoint.hpp>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <future>
#include <new>
#include <stdexcept>
#include <utility>

namespace portrait::http {
namespace {

template<class Port>
std::shared_ptr<Port> required(std::shared_ptr<Port> port, const char* name) {
    if (!port)
        throw std::invalid_argument{fmt::format("Endpoint needs {}", name)};
    return port;
}

/// Collects the body of a producer. Requests piece after piece, in a loop while they come at once: a chain of
/// callbacks would be as deep as the body is long.
class Collector : public std::enable_shared_from_this<Collector> {
public:
    Collector(Response response, std::function<void(result<Response>)> done)
        : response_{std::move(response)}
        , done_{std::move(done)} {}

    void go_on() {
        for (;;) {
            meeting_ = 0;
            try {
                response_.producer()->next([self = shared_from_this()](result<BodyProducer::Piece> piece) {
                    self->piece_ = std::move(piece);
                    // The later one continues: this callback, or the loop that called `next`.
                    if (self->meeting_.fetch_add(1) == 1 && self->take_piece())
                        self->go_on();
                });
            } catch (const std::exception&) {
                if (meeting_ == 0) // it has not called back
                    return done_(Error{errc::service_busy});
            }
            if (meeting_.fetch_add(1) == 0 || !take_piece())
                return;
        }
    }

private:
    /// Returns false after the last piece.
    bool take_piece() {
        if (!piece_) {
            done_(piece_.error());
        } else if (*piece_) {
            try {
                text_ += **piece_;
                return true;
            } catch (const std::bad_alloc&) {
                done_(Error{errc::service_busy});
            }
        } else {
            response_.body = std::move(text_);
            done_(std::move(response_));
        }
        return false;
    }

    Response response_;
    std::function<void(result<Response>)> done_;
    std::string text_;
    result<BodyProducer::Piece> piece_{BodyProducer::Piece{}};
    std::atomic<int> meeting_{0};
};

} // namespace

/// A request between its two steps.
struct Admission::State {
    RequestPointer request;
    Exchange exchange;
};

/// Completes with the whole body of a producer.
static void collect(const RequestPointer& request, Response response,
                    const std::function<void(Response)>& done) {
    std::shared_ptr<Collector> collector;
    try {
        collector = std::make_shared<Collector>(std::move(response), [request, done](result<Response> whole) {
            done(whole ? *std::move(whole)
                       : request->contained([&] { return request->refusal(whole.error()); }));
        });
    } catch (...) {
        return done(request->failure());
    }
    collector->go_on();
}

/// The contract, and the part of `begin` that a route has.
struct Endpoint::State {
    Contract contract;

    /// Goes on with a request whose caller was judged: absent when it was accepted.
    static void judged(const RequestPointer& request, std::optional<Problem> problem);
    /// Lets the route judge the head.
    static void begin_route(const RequestPointer& request);
};

Admission::Admission(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}
Admission::Admission(Admission&&) noexcept = default;
Admission& Admission::operator=(Admission&&) noexcept = default;
Admission::~Admission() = default;

std::uint64_t Admission::body_limit() const noexcept {
    return state_ ? state_->exchange.body_limit : 0;
}

const std::string& Admission::principal() const noexcept {
    static const std::string nobody;
    return state_ ? state_->request->principal().name : nobody;
}

const std::string& Admission::request_id() const noexcept {
    static const std::string none;
    return state_ ? state_->request->id() : none;
}

Endpoint::Endpoint(std::shared_ptr<PersonImageService> service, std::shared_ptr<Authenticator> authenticator,
                   std::shared_ptr<Executor> readers, std::shared_ptr<Executor> writers,
                   EndpointOptions options, std::shared_ptr<Log> log)
    : state_{std::make_unique<State>()} {
    auto& contract = state_->contract;
    contract.service = required(std::move(service), "a service");
    contract.authenticator = required(std::move(authenticator), "an authenticator");
    contract.readers = required(std::move(readers), "an executor for reads");
    contract.writers = required(std::move(writers), "an executor for writes");
    contract.options = std::move(options);
    if (const auto& url = contract.options.public_url; !url.empty() && !is_cors_origin(url))
        throw std::invalid_argument{
            "The public URL of an endpoint must be an origin such as https://a.example"};
    if (const auto& path = contract.options.base_path; !is_base_path(path))
        throw std::invalid_argument{fmt::format(
            "The base path of an endpoint must be empty or a path such as /Cust12345; got '{}'", path)};
    if (!contract.options.known_browser_key)
        contract.options.known_browser_key = random_bytes();
    auto& sessions = contract.options.session_store;
    if (!sessions)
        sessions = std::make_shared<MemorySessionStore>(contract.options.sessions, contract.options.clock);
    contract.sessions = std::make_unique<BrowserSessions>(sessions, contract.authenticator);
    for (const auto& route : contract.options.host_routes)
        contract.host_routes.push_back(route_of(route));
    contract.log = std::move(log);
}

Endpoint::~Endpoint() {
    if (Inside::is_inside(&state_->contract)) {
        // Waiting would never end, and going on would destroy what the caller's frames use.
        (void)std::fputs(
            "portrait: An Endpoint is destroyed by a completion of its own, which its destructor waits for; "
            "destroy it on another thread\n",
            stderr);
        std::terminate();
    }
    state_->contract.work.wait();
}

void Endpoint::begin(const RequestHead& head, std::function<void(BeginOutcome)> done) {
    const auto& contract = state_->contract;
    const Inside inside{&contract};
    const auto request = std::make_shared<Request>(contract, head);
    const auto& options = contract.options;
    const auto answer_options = [&](const std::string& allow) {
        done(request->completed(options_answer(head, options.cors, request->cors(), allow)));
    };
    if (head.target == "*") // the server as a whole, for OPTIONS only
        return answer_options("GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS");
    const auto url = request->parse_target();
    if (!url)
        return done(
            request->refusal(plain_problem(400, "request.bad_target", "The request target is malformed")));
    auto match = match_route(head.method, *url, options, contract.host_routes);
    if (auto* const unknown = std::get_if<Problem>(&match))
        return done(request->refusal(std::move(*unknown)));
    if (const auto* const wrong = std::get_if<WrongMethod>(&match)) {
        if (head.method == "OPTIONS")
            return answer_options(wrong->allow);
        auto response = request->refusal(plain_problem(
            405, "request.method_not_allowed",
            fmt::format("The method {} is not allowed here; {} are", in_quotes(head.method), wrong->allow)));
        response.set("Allow", wrong->allow);
        return done(std::move(response));
    }
    auto& matched = std::get<MatchedRoute>(match);
    request->set_route(*matched.route, std::move(matched.person_id));
    request->set_completion(std::move(done));
    if (!matched.route->needs_caller())
        return State::begin_route(request);
    try {
        authenticate(request, &State::judged);
    } catch (...) {
        if (request->judge_once())
            request->complete(request->failure());
    }
}

void Endpoint::State::judged(const RequestPointer& request, std::optional<Problem> problem) {
    if (!request->judge_once())
        return;
    const Inside completion{&request->contract()};
    if (problem)
        return request->complete(request->contained([&] { return request->refusal(*std::move(problem)); }));
    if (request->access() == Access::write && !request->principal().may_write)
        return request->complete(request->contained([&] {
            return request->refusal(
                plain_problem(403, "authorization.read_only", "You may read pictures and not change them"));
        }));
    begin_route(request);
}

/// Refuses a body that isn't the whole representation as it is (contract section 2).
static std::optional<Problem> judge_body(const Request& request) {
    const auto& head = request.head();
    if (head.method == "GET" || head.method == "HEAD")
        return std::nullopt;
    if (head.find("Content-Range") != nullptr) // RFC 9110 section 14.5
        return plain_problem(400, "request.content_range",
                             "The Content-Range is not accepted; send the whole picture without it");
    const auto encoding = head.joined("Content-Encoding");
    if (!encoding.empty() && !equal_ignoring_case(encoding, "identity"))
        return plain_problem(
            415, "request.content_encoding",
            fmt::format("The Content-Encoding {} is not accepted; identity is", in_quotes(encoding)));
    return std::nullopt;
}

void Endpoint::State::begin_route(const RequestPointer& request) {
    std::optional<BeginOutcome> outcome;
    std::optional<Reply> reply;
    Later later;
    try {
        auto problem = judge_body(*request);
        auto begun = problem ? Begun{*std::move(problem)} : request->route()->begin(request);
        if (auto* const exchange = std::get_if<Exchange>(&begun)) {
            outcome = Admission{std::make_unique<Admission::State>(
                Admission::State{.request = request, .exchange = std::move(*exchange)})};
        } else if (auto* const continuation = std::get_if<Later>(&begun)) {
            reply.emplace(request, request->completion());
            request->set_completion(nullptr); // the reply has it
            later = std::move(*continuation);
        } else {
            outcome = request->answered(std::get<Answer>(std::move(begun)));
        }
    } catch (...) {
        outcome = request->failure();
    }
    if (outcome)
        return request->complete(*std::move(outcome));
    reply->contain([&] { later(*reply); });
}

void Endpoint::finish(Admission admission, ImageBytes body, std::function<void(Response)> done) {
    if (!admission.state_)
        throw std::invalid_argument{"Endpoint::finish needs an admission that wasn't moved from"};
    const auto request = std::move(admission.state_->request);
    const Reply reply{request, std::move(done), std::move(admission.state_->exchange)};
    const bool reads = request->access() == Access::read;
    auto task = [request, reply, reads, body = std::move(body)]() mutable {
        reply.contain([&] {
            if (reads && request->stop().stop_requested())
                return reply(Error{errc::cancelled});
            reply.finish(std::move(body));
        });
    };
    reply.contain([&] {
        const auto& contract = state_->contract;
        if (!(reads ? contract.readers : contract.writers)->execute(std::move(task)))
            reply(Error{errc::service_busy});
    });
}

void Endpoint::handle(const RequestHead& head, ImageBytes body, std::function<void(Response)> done) {
    const auto framed = std::make_shared<RequestHead>(head); // its body is here, so its length is known
    if (!framed->content_length && !framed->chunked && !body.empty())
        framed->content_length = body.size();
    if (state_->contract.log)
        done = logged(head, body.size(), std::move(done));
    begin(*framed, [this, framed, body = std::move(body), done = std::move(done)](BeginOutcome outcome) {
        if (auto* response = std::get_if<Response>(&outcome))
            return done(std::move(*response));
        auto& admission = std::get<Admission>(outcome);
        const auto request = admission.state_->request;
        const auto limit = admission.body_limit();
        if (body.size() > limit)
            return done(
                request->contained([&] { return request->refusal(body_too_large(limit, body.size())); }));
        try {
            finish(std::move(admission), body, [request, done](Response response) {
                if (response.producer() == nullptr)
                    return done(std::move(response));
                collect(request, std::move(response), done);
            });
        } catch (...) { // before `finish` has taken the completion
            done(request->failure());
        }
    });
}

std::function<void(Response)> Endpoint::logged(const RequestHead& head, std::uint64_t request_bytes,
                                               std::function<void(Response)> done) const {
    struct Entry {
        std::string remote_address;
        std::string method;
        std::string path;
        std::string application;
        std::string trace_parent;
        std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    };
    const auto fields = logged_fields(head);
    auto entry =
        std::make_shared<Entry>(Entry{.remote_address = std::string{head.remote_address},
                                      .method = std::string{head.method},
                                      .path = std::string{head.target.substr(0, head.target.find('?'))},
                                      .application = fields.application,
                                      .trace_parent = std::string{fields.trace_parent}});
    return [log = state_->contract.log, entry = std::move(entry), request_bytes,
            done = std::move(done)](Response response) {
        const auto* const id = response.find("X-Request-Id");
        AccessRecord record;
        record.request_id = id == nullptr ? std::string_view{} : *id;
        record.remote_address = entry->remote_address;
        record.principal = response.principal;
        record.application = entry->application;
        record.method = entry->method;
        record.path = entry->path;
        record.status = response.status;
        record.request_bytes = request_bytes;
        record.response_bytes = response.body_text().size();
        record.duration = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - entry->started);
        record.route = response.route;
        record.rule = response.rule;
        record.trace_parent = entry->trace_parent;
        try {
            log->access(record);
            // NOLINTNEXTLINE(bugprone-empty-catch): a missing line must not cost the answer
        } catch (...) {
        }
        done(std::move(response));
    };
}

Response Endpoint::handle(const RequestHead& head, ImageBytes body) {
    auto answered = std::make_shared<std::promise<Response>>();
    auto answer = answered->get_future();
    handle(head, std::move(body),
           [answered](Response response) { answered->set_value(std::move(response)); });
    return answer.get();
}

Response Endpoint::refuse(const Problem& problem, const RequestHead* head) const {
    const auto& known = head != nullptr ? *head : RequestHead{};
    auto response = refusal_of(
        state_->contract, problem,
        {.id = request_id(known), .type = negotiate(known).refusal, .is_of_script = is_of_script(known)});
    if (head != nullptr)
        cors_grant(*head, state_->contract.options.cors).apply(response);
    return response;
}

Response Endpoint::refuse(const Problem& problem, const Admission& admission) const {
    if (!admission.state_)
        throw std::invalid_argument{"Endpoint::refuse needs an admission that wasn't moved from"};
    return admission.state_->request->refusal(problem);
}

void Endpoint::set_draining(bool draining) noexcept {
    state_->contract.draining = draining;
}

} // namespace portrait::http
