#pragma once

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>
#include <portrait/beast/server.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/sign_in_counter.hpp>
#include <portrait/limits.hpp>
#include <portrait/upload_converter.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <array>
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

using ListenAddress = boost::asio::ip::tcp::endpoint; ///< port 0: any free one

/// `http://127.0.0.1:8080`, or https with TLS; IPv6 addresses in brackets.
std::string url_of(const ListenAddress& listen, bool tls = false);

/// The options of the command line, of the config file and of the environment, with their defaults.
struct Settings {
    ListenAddress listen{boost::asio::ip::address_v4::loopback(), 8080};
    std::optional<ListenAddress> operations; ///< of health and metrics; absent: on `listen`
    std::filesystem::path data = "portrait-data";
    std::string store;                           ///< of `--store`; empty: the data folder
    std::optional<std::filesystem::path> users;  ///< absent: `users.htpasswd` in the data folder
    std::optional<std::filesystem::path> tokens; ///< absent: `tokens` in the data folder
    std::optional<std::filesystem::path> app_tokens;
    std::optional<std::filesystem::path> audit_log;
    bool audit_sync = false;
    bool demo = false;
    bool allow_any_person = false;
    bool scrub_metadata = false;
    bool no_metrics = false;
    bool no_ui = false;
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
    std::uint64_t index_bytes = 128ULL << 20;  ///< of `SqliteOptions`
    std::size_t render_threads = 0;            ///< 0: one per core
    std::uint64_t render_bytes = 256ULL << 20; ///< of decoded pixels at a time
    bool isolate_renderings = false;
    portrait::ConvertibleFormats convertible{}; ///< of `--convert-uploads`
    std::size_t store_threads = 8;

    std::function<int(const Settings&)> command;    ///< the subcommand; returns the exit code
    portrait::http::UserEntry user;                 ///< of `users add`
    portrait::http::TokenEntry token;               ///< of `tokens add`
    std::array<std::string, 2> arguments;           ///< of the other subcommands
    bool erase_name = false;                        ///< of `persons erase`
    std::optional<std::filesystem::path> erased_in; ///< of `restore`

    std::filesystem::path users_file() const { return users.value_or(data / "users.htpasswd"); }
    std::filesystem::path tokens_file() const { return tokens.value_or(data / "tokens"); }
};

/// Adds the options that fill `settings`.
void add_options(CLI::App& app, Settings& settings);

} // namespace portrait_server
