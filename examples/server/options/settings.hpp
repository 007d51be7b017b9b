#pragma once

#include "options/listen_address.hpp"

#include <portrait/beast/server.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/sign_in_counter.hpp>
#include <portrait/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace portrait_server {

/// The options of the command line, of the config file and of the environment, with their defaults.
struct Settings {
    ListenAddress listen{};
    std::optional<ListenAddress> operations; ///< of health and metrics; absent: on `listen`
    std::filesystem::path data = "portrait-data";
    std::optional<std::filesystem::path> users;  ///< absent: `users.htpasswd` in the data folder
    std::optional<std::filesystem::path> tokens; ///< absent: `tokens` in the data folder
    std::optional<std::filesystem::path> app_tokens;
    std::optional<std::filesystem::path> audit_log;
    bool audit_sync = false;
    bool demo = false;
    bool allow_any_person = false;
    bool scrub_metadata = false;
    bool no_metrics = false;
    std::string log_level = "info";
    bool log_json = false;

    portrait::Limits limits{};
    portrait::http::EndpointOptions endpoint{};
    portrait::http::ServerOptions server{}; ///< without its address, port and bounds of one client
    std::optional<std::uint32_t> connections_per_client;       ///< absent: by the listening address
    std::optional<std::uint64_t> bodies_in_flight_per_client;  ///< bytes; absent: by the listening address
    std::optional<std::uint64_t> answers_in_flight_per_client; ///< bytes; absent: by the listening address
    portrait::http::SignInLimits sign_in_limits{};
    std::size_t hashing_threads = 1;
    std::uint64_t cache_bytes = 64ULL << 20;
    std::size_t render_threads = 0;            ///< 0: one per core
    std::uint64_t render_bytes = 256ULL << 20; ///< of decoded pixels at a time
    std::size_t store_threads = 8;

    std::filesystem::path users_file() const { return users.value_or(data / "users.htpasswd"); }
    std::filesystem::path tokens_file() const { return tokens.value_or(data / "tokens"); }
};

/// A subcommand with its arguments; returns the exit code.
using Command = std::function<int(const Settings&)>;

/// Adds the options that fill `settings`.
void add_options(CLI::App& app, Settings& settings);

} // namespace portrait_server
