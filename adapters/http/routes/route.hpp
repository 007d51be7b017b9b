#pragma once

#include "agents/agent_arguments.hpp"
#include "routes/openapi/route_documentation.hpp"
#include "routes/reply.hpp"

#include <portrait/http/endpoint.hpp>
#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace portrait::http {

/// A request whose head was accepted: an object of its route, which keeps what `finish` needs.
class Exchange {
public:
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    virtual ~Exchange() = default;

    /// The most bytes that the body may have. A route without a body ignores one of up to 64 KiB.
    virtual std::uint64_t body_limit() const noexcept { return 64ULL * 1024; }

    /// Answers the request with its body. Runs on the executor of the route's `access`, so it may block on
    /// the store.
    virtual void finish(ImageBytes body, const Reply& reply) = 0;
};

/// Answers a request from its head alone, but later.
using Later = std::function<void(const Reply&)>;

/// What a route makes of a request's head: an answer, a refusal, an answer that comes later, or an exchange
/// that gets the body.
using Begun = std::variant<Response, Problem, Error, Later, std::unique_ptr<Exchange>>;

/// Which callers a route serves.
enum class Callers {
    anyone,     ///< health routes; nobody is asked for credentials
    visitors,   ///< anyone; the route itself looks for a session
    signing_in, ///< Basic credentials, or a form in the body
    recognised, ///< valid credentials or a session
};

/// A route of the contract. `constinit`, so that no order of initialisation matters.
struct Route {
    std::string_view method; ///< HEAD is served wherever GET is
    std::string_view path;   ///< `{personId}` takes any segment
    Callers callers = Callers::recognised;
    Access access = Access::read;
    std::string_view summary; ///< one line, for people
    Begun (*begin)(const RequestPointer& request);
    RouteDocumentation (*document)();

    /// A picture is uploaded, so the strict switch applies (contract section 2).
    bool takes_picture = false;
    /// The Accept and Accept-Patch fields of a 415; null: none.
    std::string_view (*accepts)() = nullptr;
    std::string_view (*accepts_patches)() = nullptr;
    /// An agent's call: its arguments in the body, in any case and order.
    std::span<const AgentArgument> arguments{};
    /// Whether these options switch the route on; null: always.
    bool (*is_on)(const EndpointOptions& options) = nullptr;
    /// A route of the host's own.
    const HostRoute* host = nullptr;

    bool needs_caller() const noexcept {
        return callers == Callers::signing_in || callers == Callers::recognised;
    }
    /// The same behaviour by another method or path.
    constexpr Route at(std::string_view other_method, std::string_view other_path,
                       std::string_view other_summary) const {
        Route other = *this;
        other.method = other_method;
        other.path = other_path;
        other.summary = other_summary;
        return other;
    }
    bool has_person_id() const noexcept { return path.find("{personId}") != std::string_view::npos; }
};

/// For `Route::is_on`.
inline bool has_sessions(const EndpointOptions& options) {
    return options.schemes.session;
}

} // namespace portrait::http
