#pragma once

#include "agents/agents.hpp"

#include <portrait/http/problem.hpp>

#include <boost/url/url_view.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// What a request wants done.
enum class Operation {
    none, ///< not known yet, or nothing that is in the table
    put_image,
    get_image,
    delete_image,
    get_image_info,
    get_session,
    create_session,
    delete_session,
    put_image_info,
    patch_image_info,
    get_api,     ///< which versions of the interface there are
    get_api_v1,  ///< which routes there are
    get_openapi, ///< the same for programs
    get_health,
    get_readiness,
    get_metrics,
    read_by_agent,
    write_by_agent,
    upload_by_agent,
};

/// Whether the operation changes anything.
constexpr Access access_of(Operation operation) noexcept {
    switch (operation) {
    case Operation::put_image:
    case Operation::delete_image:
    case Operation::put_image_info:
    case Operation::patch_image_info:
    case Operation::write_by_agent:
    case Operation::upload_by_agent: return Access::write;
    default: return Access::read;
    }
}

/// Whether the operation brings a picture, so that the strict switch applies (contract section 2).
constexpr bool is_upload(Operation operation) noexcept {
    return operation == Operation::put_image || operation == Operation::upload_by_agent;
}

/// Whether the operation is a call of an agent.
constexpr bool is_of_agent(Operation operation) noexcept {
    return operation == Operation::read_by_agent || operation == Operation::write_by_agent ||
           operation == Operation::upload_by_agent;
}

/// Whether the answer may be an entity, whose strings and dates the request's language and time zone decide.
constexpr bool answers_entity(Operation operation) noexcept {
    return operation == Operation::get_image_info || operation == Operation::put_image_info ||
           operation == Operation::patch_image_info || is_of_agent(operation);
}

/// Whether anybody may ask, unrecognised.
constexpr bool is_public(Operation operation) noexcept {
    return operation == Operation::get_health || operation == Operation::get_readiness ||
           operation == Operation::get_metrics;
}

/// Whether the operation is one of signing in and out, which is there while sessions are on.
constexpr bool is_of_session(Operation operation) noexcept {
    return operation == Operation::get_session || operation == Operation::create_session ||
           operation == Operation::delete_session;
}

/// Origin-form, or absolute-form as RFC 9112 section 3.2.2 demands. Absent when malformed.
std::optional<boost::urls::url_view> parse_target(std::string_view target);

/// One row of the table of routes.
struct RouteRow {
    std::string_view method;
    std::string_view path; ///< a segment in braces takes any text
    Operation operation;
    std::string_view description; ///< one line, for people
    AgentCall agent_call = AgentCall::none;
};

/// Every route there is (contract section 1). HEAD is wherever GET is.
std::span<const RouteRow> routes() noexcept;

/// A request that is in the table.
struct Route {
    Operation operation{};
    std::string_view path; ///< the row's; of static storage
    std::string person_id; ///< as the path spells it, percent-decoded once; empty where the path has none
    AgentCall agent_call = AgentCall::none;
};

/// A path that isn't in the table.
struct UnknownPath {
    std::optional<Problem> problem; ///< what a call that its agent doesn't have is answered with
};

/// A path that is in the table, with a method that isn't; OPTIONS, which every path has, is one of those.
struct WrongMethod {
    std::string allow; ///< what the Allow field says
};

using RouteMatch = std::variant<Route, UnknownPath, WrongMethod>;

/// Looks a request up in the table of routes (contract section 1): path segments in any case, a trailing
/// slash accepted, HEAD wherever GET is.
RouteMatch match_route(std::string_view method, const boost::urls::url_view& url);

} // namespace portrait::http
