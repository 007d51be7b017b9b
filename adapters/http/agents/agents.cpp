#include "agents/agents.hpp"

#include "headers/plain_problem.hpp"

#include <portrait/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::string_view agents_path = "/api/v1/Agents/";

/// Agent and method of a path.
struct Name {
    std::string_view agent;
    std::string_view method;
};

Name name_of(std::string_view path) noexcept {
    path.remove_prefix(std::min(agents_path.size(), path.size()));
    const auto slash = std::min(path.find('/'), path.size());
    return {path.substr(0, slash), path.substr(std::min(slash + 1, path.size()))};
}

/// What a client called something, when that can be repeated to it in a sentence.
std::string_view echo(std::string_view name) noexcept {
    constexpr std::size_t longest = 64;
    const bool plain = name.size() <= longest && std::all_of(name.begin(), name.end(), [](char character) {
                           return (character >= 'A' && character <= 'Z') ||
                                  (character >= 'a' && character <= 'z') ||
                                  (character >= '0' && character <= '9');
                       });
    return plain && !name.empty() ? name : "of that name";
}

void add(std::string& list, std::string_view name) {
    list.append(list.empty() ? "" : ", ").append(name);
}

} // namespace

Problem unknown_agent_call(std::string_view agent, std::string_view method,
                           std::span<const std::string_view> known) {
    std::string agents;
    std::string methods;
    std::string_view spelled = agent;
    for (const auto path : known) {
        const auto name = name_of(path);
        if (agents.find(name.agent) == std::string::npos)
            add(agents, name.agent);
        if (equal_ignoring_case(name.agent, agent)) {
            spelled = name.agent;
            add(methods, name.method);
        }
    }
    auto message =
        methods.empty()
            ? fmt::format("There is no agent {} here; the agents are {}", echo(agent), agents)
            : fmt::format("The agent {} has no call {} here; it has {}", spelled, echo(method), methods);
    return plain_problem(404, "agent.unknown_call", std::move(message));
}

} // namespace portrait::http
