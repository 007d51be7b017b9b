#pragma once

#include <portrait/error.hpp>
#include <portrait/http/endpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace portrait_server {

/// Who may call, and how they say who they are.
struct CallerSettings {
    bool no_basic = false;
    bool no_so_ticket = false;
    bool no_bearer = false;
    bool no_session = false;
    std::uint64_t session_idle_minutes = 480;
    std::uint64_t session_lifetime_minutes = 1440;
    bool xsrf_safe_methods = false;
    std::uint32_t failures_per_address = 20;
    std::uint32_t failures_per_name = 10;
    std::size_t hashing_threads = 1;
    std::vector<std::string> cors_origins; ///< `*` may be one of them
    std::vector<std::string> app_tokens;
    std::optional<std::filesystem::path> app_token_file;
};

/// The options of `--help` that fill it.
void add_caller_options(CLI::App& app, CallerSettings& settings);

/// Puts them into the endpoint's options; reads the file of application tokens. An error's message is a
/// sentence for the operator.
[[nodiscard]] portrait::result<void> apply(const CallerSettings& settings,
                                           portrait::http::EndpointOptions& options);

} // namespace portrait_server
