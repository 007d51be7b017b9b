#include "endpoint/endpoint_state.hpp"
#include "headers/request_id.hpp"
#include "routes/table.hpp"

#include <portrait/http/endpoint.hpp>

#include <fmt/format.h>

#include <future>
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

std::string request_id_of(const Response& response) {
    const auto* const id = response.find("X-Request-Id");
    return id != nullptr ? *id : std::string{};
}

} // namespace

Admission::Admission(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}
Admission::Admission(Admission&&) noexcept = default;
Admission& Admission::operator=(Admission&&) noexcept = default;
Admission::~Admission() = default;

std::uint64_t Admission::body_limit() const noexcept {
    return state_ ? state_->exchange->body_limit() : 0;
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
    auto& sessions = contract.options.session_store;
    if (!sessions)
        sessions = std::make_shared<MemorySessionStore>(contract.options.sessions, contract.options.clock);
    contract.sessions = std::make_unique<BrowserSessions>(sessions, contract.authenticator);
    for (const auto& route : contract.options.host_routes)
        contract.host_routes.push_back(route_of(route));
    contract.log = std::move(log);
}

Endpoint::~Endpoint() {
    state_->contract.work.wait();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a sink parameter, as in `finish`
void Endpoint::begin(const RequestHead& head, std::function<void(BeginOutcome)> done) {
    state_->begin(head, done);
}

void Endpoint::finish(Admission admission, ImageBytes body, std::function<void(Response)> done) {
    if (!admission.state_)
        throw std::invalid_argument{"Endpoint::finish needs an admission that wasn't moved from"};
    state_->finish(std::move(*admission.state_), std::move(body), std::move(done));
}

void Endpoint::handle(const RequestHead& head, ImageBytes body, std::function<void(Response)> done) {
    begin(head, [this, body = std::move(body), done = std::move(done)](BeginOutcome outcome) {
        if (auto* response = std::get_if<Response>(&outcome))
            return done(std::move(*response));
        auto& admission = std::get<Admission>(outcome);
        const auto limit = admission.body_limit();
        if (body.size() > limit)
            return done(refuse(body_too_large(limit, body.size()), admission));
        finish(std::move(admission), body, [this, done](Response response) {
            if (response.producer() == nullptr)
                return done(std::move(response));
            auto id = request_id_of(response);
            collect_body(std::move(response), [this, done, id = std::move(id)](result<Response> whole) {
                done(whole ? *std::move(whole)
                           : refusal_of(state_->contract, problem_of(whole.error(), Access::read), id, {},
                                        false));
            });
        });
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
    const auto& known = head != nullptr ? *head : RequestHead{};
    auto response = refusal_of(state_->contract, problem, request_id(known), negotiate(known), false);
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
