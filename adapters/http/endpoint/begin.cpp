#include "endpoint/endpoint_state.hpp"
#include "routes/table.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

namespace {

constexpr const char* all_methods = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS";

Response wrong_method(const Request& request, const std::string& allow) {
    auto response = request.refusal(plain_problem(
        405, "request.method_not_allowed", fmt::format("The method is not allowed here; {} are", allow)));
    response.set("Allow", allow);
    return response;
}

} // namespace

void Endpoint::State::begin(const RequestHead& head, const BeginCompletion& done) {
    const auto request = std::make_shared<Request>(contract, head);
    const auto& options = contract.options;
    const auto answer_options = [&](const std::string& allow) {
        done(request->completed(options_answer(head, options.cors, request->cors(), allow)));
    };
    if (head.target == "*") // the server as a whole, for OPTIONS only
        return answer_options(all_methods);
    const auto url = parse_target(head.target);
    if (!url)
        return done(
            request->refusal(plain_problem(400, "request.bad_target", "The request target is malformed")));
    request->set_url(*url);
    auto match = match_route(head.method, *url, options, contract.host_routes);
    if (auto* const unknown = std::get_if<UnknownPath>(&match))
        return done(request->refusal(
            unknown->problem ? *std::move(unknown->problem)
                             : plain_problem(404, "request.unknown_path", "There is nothing at this path")));
    if (const auto* wrong = std::get_if<WrongMethod>(&match))
        return head.method == "OPTIONS" ? answer_options(wrong->allow)
                                        : done(wrong_method(*request, wrong->allow));

    auto& matched = std::get<MatchedRoute>(match);
    request->set_route(*matched.route, std::move(matched.person_id));
    if (!matched.route->needs_caller())
        return begin_route(request, done);
    authenticate(request, [request, done](std::optional<Problem> problem) {
        if (!problem && request->access() == Access::write && !request->principal().may_write)
            problem =
                plain_problem(403, "authorization.read_only", "You may read pictures and not change them");
        if (problem)
            return done(request->refusal(*std::move(problem)));
        begin_route(request, done);
    });
}

void Endpoint::State::begin_route(const RequestPointer& request, const BeginCompletion& done) {
    std::optional<Begun> begun;
    try {
        begun = request->route()->begin(request);
    } catch (...) {
        return done(request->failure());
    }
    if (auto* const exchange = std::get_if<std::unique_ptr<Exchange>>(&*begun))
        return done(Admission{std::make_unique<Admission::State>(
            Admission::State{.request = request, .exchange = std::move(*exchange)})});
    if (auto* const response = std::get_if<Response>(&*begun))
        return done(request->completed(std::move(*response)));
    if (auto* const problem = std::get_if<Problem>(&*begun))
        return done(request->refusal(std::move(*problem)));
    if (const auto* const error = std::get_if<Error>(&*begun))
        return done(request->refusal(*error));
    const Reply reply{request, done};
    reply.contain([&] { std::get<Later> (*begun)(reply); });
}

void Endpoint::State::finish(Admission::State admitted, ImageBytes body, std::function<void(Response)> done) {
    const auto request = std::move(admitted.request);
    const std::shared_ptr<Exchange> exchange{std::move(admitted.exchange)};
    const Reply reply{request, std::move(done)};
    reply.keep(exchange);
    const bool reads = request->access() == Access::read;
    auto task = [request, reply, exchange = exchange.get(), reads, body = std::move(body)]() mutable {
        reply.contain([&] {
            if (reads && request->stop().stop_requested())
                return reply(Error{errc::cancelled});
            exchange->finish(std::move(body), reply);
        });
    };
    reply.contain([&] {
        if (!(reads ? contract.readers : contract.writers)->execute(std::move(task)))
            reply(Error{errc::service_busy});
    });
}

} // namespace portrait::http
