#pragma once

#include <portrait/http/problem.hpp>

#include <span>
#include <string_view>

namespace portrait::http {

/// How a call's argument is written.
enum class AgentArgumentType {
    number,  ///< int32
    numbers, ///< a list of int32
    text,
    bytes,  ///< base64
    either, ///< a name or its number
};

/// An argument of a call.
struct AgentArgument {
    std::string_view name;
    AgentArgumentType type;
};

/// The 404 for a path below `/api/v1/Agents/`: names the calls of the agent, or the agents.
/// `known` are the paths of the calls that there are, such as `/api/v1/Agents/BLOB/GetBlobEntity`.
Problem unknown_agent_call(std::string_view agent, std::string_view method,
                           std::span<const std::string_view> known);

} // namespace portrait::http
