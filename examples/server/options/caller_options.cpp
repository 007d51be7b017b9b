#include "options/caller_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string_view>

namespace portrait_server {

namespace {

using portrait::errc;
using portrait::Error;

constexpr std::uint64_t most_minutes = 60ULL * 24 * 366;
constexpr std::size_t most_app_token_lines = 10'000;
constexpr std::uint32_t most_failures = 1'000'000'000;
constexpr std::size_t most_hashing_threads = 256;

std::string origin_fault(const std::string& text) {
    if (text == "*" || portrait::http::is_cors_origin(text))
        return {};
    return fmt::format(
        "'{}' is not an origin such as https://app.example.com (scheme and host in lower case, perhaps "
        "a port, nothing after it), or *",
        text);
}

void add_schemes(CLI::App& app, CallerSettings& settings) {
    app.add_flag("--no-basic", settings.no_basic, "Take no user names and passwords in Authorization")
        ->envname("PORTRAIT_NO_BASIC");
    app.add_flag("--no-so-ticket", settings.no_so_ticket, "Take no tickets")
        ->envname("PORTRAIT_NO_SO_TICKET");
    app.add_flag("--no-bearer", settings.no_bearer, "Take no access tokens")->envname("PORTRAIT_NO_BEARER");
    app.add_flag("--no-session", settings.no_session, "Have no sign-in page and no sessions")
        ->envname("PORTRAIT_NO_SESSION");
}

void add_sessions(CLI::App& app, CallerSettings& settings) {
    app.add_option("--session-idle", settings.session_idle_minutes,
                   "Minutes without a request that end a session")
        ->check(CLI::Range{std::uint64_t{1}, most_minutes}.description(""))
        ->type_name("MINUTES")
        ->default_str("480")
        ->envname("PORTRAIT_SESSION_IDLE");
    app.add_option("--session-lifetime", settings.session_lifetime_minutes,
                   "Minutes after the sign-in that end a session in any case")
        ->check(CLI::Range{std::uint64_t{1}, most_minutes}.description(""))
        ->type_name("MINUTES")
        ->default_str("1440")
        ->envname("PORTRAIT_SESSION_LIFETIME");
    app.add_flag("--xsrf-safe-methods", settings.xsrf_safe_methods,
                 "Let sessions GET and HEAD without X-XSRF-TOKEN, for plain <img> elements")
        ->envname("PORTRAIT_XSRF_SAFE_METHODS");
}

void add_password_limits(CLI::App& app, CallerSettings& settings) {
    app.add_option("--failures-per-address", settings.failures_per_address,
                   "Wrong passwords from one address before the next has to wait, longer each time (429); "
                   "0: any number. Raise it where many share an address, such as behind a proxy")
        ->check(CLI::Range{std::uint32_t{0}, most_failures}.description(""))
        ->type_name("N")
        ->default_str("20")
        ->envname("PORTRAIT_FAILURES_PER_ADDRESS");
    app.add_option("--failures-per-name", settings.failures_per_name,
                   "The same for one name, from wherever; who has signed in from an address goes on there")
        ->check(CLI::Range{std::uint32_t{0}, most_failures}.description(""))
        ->type_name("N")
        ->default_str("10")
        ->envname("PORTRAIT_FAILURES_PER_NAME");
    app.add_option("--hashing-threads", settings.hashing_threads,
                   "Threads that check passwords, and all that checking them may take of the machine")
        ->check(CLI::Range{std::size_t{1}, most_hashing_threads}.description(""))
        ->type_name("N")
        ->default_str("1")
        ->envname("PORTRAIT_HASHING_THREADS");
}

void add_origins_and_app_tokens(CLI::App& app, CallerSettings& settings) {
    app.add_option(
           "--cors-origins", settings.cors_origins,
           "Origins whose pages may call by script, separated by spaces; * lets every page call without "
           "cookies")
        ->delimiter(' ')
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1)
        ->check(CLI::Validator{origin_fault, {}})
        ->type_name("ORIGINS")
        ->envname("PORTRAIT_CORS_ORIGINS");
    app.add_option(
           "--app-token", settings.app_tokens,
           "An SO-AppToken to accept; once there is one, others are refused and SoTicket needs one. Command "
           "lines can be seen by everybody on the machine: prefer the variable or the file")
        ->delimiter(' ')
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1)
        ->type_name("TOKEN")
        ->envname("PORTRAIT_APP_TOKEN");
    app.add_option("--app-tokens", settings.app_token_file, "A file of such tokens, one a line")
        ->type_name("FILE")
        ->envname("PORTRAIT_APP_TOKENS");
}

[[nodiscard]] portrait::result<void> read_app_tokens(const std::filesystem::path& path,
                                                     portrait::http::AppTokens& tokens) {
    std::ifstream file{path, std::ios::binary};
    if (!file)
        return Error{errc::store_io,
                     fmt::format("the file of application tokens {} can't be opened", path.string())};
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) {
        if (++lines > most_app_token_lines)
            return Error{errc::store_io,
                         fmt::format("the file of application tokens {} has more than {} lines",
                                     path.string(), most_app_token_lines)};
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.pop_back();
        if (!line.starts_with('#'))
            tokens.add(line);
    }
    // A file that was named and lists nothing would switch the check off unseen.
    if (file.bad() || tokens.empty())
        return Error{errc::store_io,
                     fmt::format("the file of application tokens {} names none", path.string())};
    return {};
}

} // namespace

void add_caller_options(CLI::App& app, CallerSettings& settings) {
    add_schemes(app, settings);
    add_sessions(app, settings);
    add_password_limits(app, settings);
    add_origins_and_app_tokens(app, settings);
}

[[nodiscard]] portrait::result<void> apply(const CallerSettings& settings,
                                           portrait::http::EndpointOptions& options) {
    options.schemes = {.basic = !settings.no_basic,
                       .so_ticket = !settings.no_so_ticket,
                       .bearer = !settings.no_bearer,
                       .session = !settings.no_session};
    options.sessions.idle = std::chrono::minutes{settings.session_idle_minutes};
    options.sessions.lifetime = std::chrono::minutes{settings.session_lifetime_minutes};
    options.sessions.xsrf_safe_methods = settings.xsrf_safe_methods;
    for (const auto& origin : settings.cors_origins) {
        if (origin == "*")
            options.cors.any_origin = true;
        else
            options.cors.origins.push_back(origin);
    }
    for (const auto& token : settings.app_tokens)
        options.app_tokens.add(token);
    if (settings.app_token_file)
        if (auto read = read_app_tokens(*settings.app_token_file, options.app_tokens); !read)
            return read.error();
    return {};
}

} // namespace portrait_server
