#pragma once

#include "agents/agent_arguments.hpp"
#include "routes/openapi/route_documentation.hpp"
#include "routes/reply.hpp"

#include <portrait/http/endpoint.hpp>

#include <functional>
#include <string_view>
#include <variant>

namespace portrait::http {

/// Answers a request from its head alone, but later.
using Later = std::function<void(const Reply&)>;

/// The outcome of a request's head: an answer, an answer that comes later, or an exchange that gets the body.
using Begun = std::variant<Answer, Later, Exchange>;

/// The callers that a route serves.
enum class Callers {
    anyone,     ///< without credentials: the health routes
    visitors,   ///< without credentials; the route itself finds a session
    signing_in, ///< Basic credentials, or a form in the body
    recognised, ///< valid credentials or a session
};

struct AgentCall;

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
    /// A picture is uploaded, so the strict switch applies (contract section 2).
    bool takes_picture = false;
    /// The Accept field of a 415; null: none.
    std::string_view (*accepts)() = nullptr;
    /// Of an agent's call: the arguments in the body, in any case and order.
    ShortList<AgentArgument, 4> arguments{};
    /// Answers an agent's call.
    void (*handler)(AgentCall& call, const Reply& reply) = nullptr;
    /// Whether these options switch the route on; null: always.
    bool (*is_on)(const EndpointOptions& options) = nullptr;
    /// A route of the host's own.
    const HostRoute* host = nullptr;
    RouteDocumentation document{};

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
