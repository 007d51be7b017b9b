#include "options/limit_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>

namespace portrait_server {

namespace {

constexpr std::uint32_t most = 1'000'000;

void add_count(CLI::App& app, const char* name, std::uint32_t& value, const char* environment,
               const char* description, std::uint32_t least = 1, const char* type = "N",
               std::uint32_t largest = most) {
    app.add_option(name, value, description)
        ->check(CLI::Range{least, largest}.description(""))
        ->type_name(type)
        ->default_str(fmt::format("{}", value))
        ->envname(environment);
}

void add_seconds(CLI::App& app, const char* name, std::chrono::milliseconds& value, const char* environment,
                 const char* description) {
    constexpr int a_day = 86'400;
    app.add_option_function<int>(
           name, [&value](int seconds) { value = std::chrono::seconds{seconds}; }, description)
        ->check(CLI::Range{1, a_day}.description(""))
        ->type_name("SECONDS")
        ->default_str(fmt::format("{}", value.count() / 1000))
        ->envname(environment);
}

} // namespace

void add_limit_options(CLI::App& app, LimitSettings& settings) {
    auto& bounds = settings.bounds;
    add_count(app, "--max-connections", bounds.connection_limit, "PORTRAIT_MAX_CONNECTIONS",
              "Connections at a time; beyond it the oldest idle one is closed, or the new one is told 503");
    app.add_option("--max-connections-per-client", settings.connections_per_client,
                   "Of them from one address (default: 256, on loopback all); raise it behind a proxy")
        ->check(CLI::Range{std::uint32_t{1}, most}.description(""))
        ->type_name("N")
        ->envname("PORTRAIT_MAX_CONNECTIONS_PER_CLIENT");
    add_count(app, "--max-requests-per-connection", bounds.requests_per_connection,
              "PORTRAIT_MAX_REQUESTS_PER_CONNECTION", "Requests after which a connection is closed");
    constexpr std::uint32_t least_head = 1024;
    constexpr std::uint32_t most_head = 1024 * 1024;
    add_count(app, "--max-head", bounds.header_limit, "PORTRAIT_MAX_HEAD",
              "The largest request line and fields together; beyond it 431", least_head, "BYTES", most_head);
    add_count(app, "--max-target", bounds.target_limit, "PORTRAIT_MAX_TARGET",
              "The longest request target; beyond it 414", 256, "BYTES", most_head);
    add_seconds(app, "--head-timeout", bounds.header_timeout, "PORTRAIT_HEAD_TIMEOUT",
                "For a request's head, from its first byte to its last");
    add_seconds(app, "--body-timeout", bounds.body_timeout, "PORTRAIT_BODY_TIMEOUT",
                "For a request's body, plus its length at --min-rate");
    add_seconds(app, "--idle-timeout", bounds.idle_timeout, "PORTRAIT_IDLE_TIMEOUT",
                "For a connection without a request");
    add_seconds(app, "--handler-timeout", bounds.handler_timeout, "PORTRAIT_HANDLER_TIMEOUT",
                "For each of a request's two steps inside the server");
    add_seconds(app, "--write-timeout", bounds.write_timeout, "PORTRAIT_WRITE_TIMEOUT",
                "For a client to take an answer, plus its length at --min-rate");
    app.add_option("--min-rate", bounds.body_rate,
                   "Bytes a second that the slowest client may have; one that takes less of an answer over "
                   "ten seconds is closed")
        ->check(CLI::Range{std::uint64_t{1}, std::uint64_t{1} << 40U}.description(""))
        ->type_name("BYTES")
        ->default_str(fmt::format("{}", bounds.body_rate))
        ->envname("PORTRAIT_MIN_RATE");
}

} // namespace portrait_server
