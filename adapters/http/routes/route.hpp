#pragma once

#include "agents/agent_arguments.hpp"
#include "routes/openapi/route_documentation.hpp"
#include "routes/reply.hpp"

#include <portrait/http/endpoint.hpp>
#include <portrait/id.hpp>
#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

namespace portrait::http {

/// Bytes that the body of a request may have whose route ignores it.
inline constexpr std::uint64_t ignored_body_limit = 64ULL * 1024;

/// A request whose head was accepted: an object of its route, with the state that `finish` needs.
class Exchange {
public:
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    /// The largest body, in bytes.
    virtual std::uint64_t body_limit() const noexcept { return ignored_body_limit; }

    /// Answers the request with its body. Runs on the executor of the route's `access`, so it may block on
    /// the store.
    virtual void finish(ImageBytes body, const Reply& reply) = 0;
};

/// An exchange that calls `finish(body, reply)`, a function object.
template<class Finish>
std::unique_ptr<Exchange> on_body(Finish finish, std::uint64_t body_limit = ignored_body_limit) {
    class FunctionExchange final : public Exchange {
    public:
        FunctionExchange(Finish finish, std::uint64_t body_limit)
            : finish_{std::move(finish)}
            , body_limit_{body_limit} {}

        std::uint64_t body_limit() const noexcept override { return body_limit_; }
        void finish(ImageBytes body, const Reply& reply) override { finish_(std::move(body), reply); }

    private:
        Finish finish_;
        std::uint64_t body_limit_;
    };
    return std::make_unique<FunctionExchange>(std::move(finish), body_limit);
}

/// Answers a request from its head alone, but later.
using Later = std::function<void(const Reply&)>;

/// The outcome of a request's head: an answer, a refusal, an answer that comes later, or an exchange that
/// gets the body.
using Begun = std::variant<Response, Problem, Error, Later, std::unique_ptr<Exchange>>;

/// The callers that a route serves.
enum class Callers {
    anyone,     ///< without credentials: the health routes
    visitors,   ///< without credentials; the route itself finds a session
    signing_in, ///< Basic credentials, or a form in the body
    recognised, ///< valid credentials or a session
};

struct AgentCall;

/// A call of an agent: as a function of its arguments, of the blob in its query, or as one that replies
/// later.
using AgentHandler = std::variant<std::monostate, Answer (*)(const AgentCall&, const AgentArguments&),
                                  Answer (*)(const AgentCall&, BlobId),
                                  void (*)(const AgentCall&, AgentArguments&, const Reply&)>;

/// A route of the contract. `constinit`, so that no order of initialisation matters.
///
/// ```
/// constinit const Route get_health{
///     .method = "GET",
///     .path = "/healthz",
///     .callers = Callers::anyone,
///     .summary = "Whether the process is alive",
///     .begin = &begin_health,
///     .document = {.subject = "Health", .answers = {{200, BodyContent::text}}}};
/// ```
struct Route {
    std::string_view method{}; ///< HEAD is served wherever GET is
    std::string_view path{};   ///< `{personId}` takes any segment
    Callers callers = Callers::recognised;
    Access access = Access::read;
    std::string_view summary{}; ///< one line, for people
    Begun (*begin)(const RequestPointer& request) = nullptr;
    RouteDocumentation document{};

    /// A picture is uploaded, so the strict switch applies (contract section 2).
    bool takes_picture = false;
    /// The Accept field of a 415; null: none.
    std::string_view (*accepts)() = nullptr;
    /// Of an agent's call: the arguments in the body, in any case and order.
    ShortList<AgentArgument, 4> arguments{};
    AgentHandler handler{};
    /// Whether these options switch the route on; null: always.
    bool (*is_on)(const EndpointOptions& options) = nullptr;
    /// A route of the host's own.
    const HostRoute* host = nullptr;

    bool needs_caller() const noexcept {
        return callers == Callers::signing_in || callers == Callers::recognised;
    }
    /// The route at another method or path.
    constexpr Route at(std::string_view other_method, std::string_view other_path,
                       std::string_view other_summary) const noexcept {
        Route other = *this;
        other.method = other_method;
        other.path = other_path;
        other.summary = other_summary;
        return other;
    }
    bool has_person_id() const noexcept { return path.find("{personId}") != std::string_view::npos; }
};

/// Whether the strict switch turns this status of an upload's refusal into 400 (contract section 2).
constexpr bool is_400_when_strict(unsigned status) noexcept {
    return status > 400 && status < 500 && status != 401 && status != 403 && status != 412 && status != 429;
}

/// For `Route::is_on`.
inline bool has_sessions(const EndpointOptions& options) {
    return options.schemes.session;
}

} // namespace portrait::http
