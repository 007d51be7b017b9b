#include "options/help.hpp"
#include "options/settings.hpp"
#include "options/values.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <chrono>
#include <limits>
#include <type_traits>
#include <vector>

namespace portrait_server {
namespace {

constexpr std::uint64_t max_picture_bytes = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t max_size = std::uint64_t{1} << 50;
constexpr std::uint64_t max_threads = 1024;
constexpr std::uint64_t max_count = 1'000'000;
constexpr std::uint64_t max_head_bytes = 1024ULL * 1024;
constexpr std::uint64_t max_failures = 1'000'000'000;
constexpr std::uint32_t year_minutes = 60 * 24 * 366;
constexpr std::uint32_t day_seconds = 86'400;
constexpr std::uint32_t ten_years_seconds = 10U * 366 * day_seconds;

/// Adds options under one heading of the help. Each can be given by a variable, too: `--max-body` by
/// PORTRAIT_MAX_BODY.
class OptionAdder {
public:
    OptionAdder(CLI::App& app, const char* heading)
        : app_{app}
        , heading_{heading} {}

    CLI::Option* flag(const char* name, bool& value, const char* text) const {
        return with_variable(app_.add_flag(name, value, text));
    }

    /// A flag that turns `value` off.
    CLI::Option* off_flag(const char* name, bool& value, const char* text) const {
        return with_variable(app_.add_flag_callback(
            name, [&value] { value = false; }, text));
    }

    template<class Value>
    CLI::Option* value(const char* name, Value& target, const char* type, const char* text) const {
        return with_variable(app_.add_option(name, target, text)->type_name(type));
    }

    template<class Value, class Function>
    CLI::Option* function(const char* name, Function set, const char* type, const char* text) const {
        return with_variable(app_.add_option_function<Value>(name, set, text)->type_name(type));
    }

    template<class Address>
    CLI::Option* address(const char* name, Address& target, const char* text) const {
        const auto set = [&target](const std::string& given) { target = *parse_listen_address(given); };
        return function<std::string>(name, set, "ADDR:PORT", text)->check(CLI::Validator{listen_fault, {}});
    }

    /// Values separated by spaces or another delimiter, in options that may be repeated.
    template<class Function>
    CLI::Option* list(const char* name, Function add, const char* type, const char* text,
                      char delimiter = ' ') const {
        const auto add_all = [add](const std::vector<std::string>& values) {
            for (const auto& value : values)
                add(value);
        };
        return function<std::vector<std::string>>(name, add_all, type, text)
            ->delimiter(delimiter)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->expected(1);
    }

    /// A `Number` may be an optional one. 0 is no default to show.
    template<class Number>
    CLI::Option* number(const char* name, Number& target, std::uint64_t least, std::uint64_t most,
                        const char* text, const char* type = "N") const {
        auto* const option = value(name, target, type, text)->check(between(least, most));
        if constexpr (std::is_integral_v<Number>)
            if (target != 0)
                option->default_str(fmt::format("{}", target));
        return option;
    }

    template<class Size>
    CLI::Option* size(const char* name, Size& target, std::uint64_t most, const char* text,
                      std::uint64_t least = 1) const {
        auto* const option = number(name, target, least, most, text, "BYTES");
        if constexpr (std::is_integral_v<Size>)
            option->default_str(size_text(target));
        return option->transform(CLI::Validator{read_size, {}});
    }

    template<class Unit, class Duration>
    CLI::Option* duration(const char* name, Duration& target, std::uint32_t most, const char* type,
                          const char* text) const {
        return function<std::uint32_t>(
                   name, [&target](std::uint32_t count) { target = Unit{count}; }, type, text)
            ->check(between(std::uint32_t{1}, most))
            ->default_str(fmt::format("{}", std::chrono::duration_cast<Unit>(target).count()));
    }

    CLI::Option* seconds(const char* name, std::chrono::milliseconds& target, const char* text) const {
        return duration<std::chrono::seconds>(name, target, day_seconds, "SECONDS", text);
    }

private:
    CLI::Option* with_variable(CLI::Option* option) const {
        const auto name = boost::replace_all_copy(option->get_lnames().front(), "-", "_");
        return option->envname("PORTRAIT_" + boost::to_upper_copy(name))->group(heading_);
    }

    CLI::App& app_;
    const char* heading_;
};

void add_place_options(const OptionAdder& add, Settings& settings) {
    add.address("--listen", settings.listen,
                "Address to listen on. Port 0 takes a free port, which the first line of output names")
        ->default_str(fmt::format("{}", fmt::streamed(settings.listen)));
    add.value("--data", settings.data, "DIR", "Data folder. It is created when it is missing")
        ->default_str(settings.data.string());
    add.value("--users", settings.users, "FILE",
              "Users file (default: users.htpasswd in the data folder). A file that everybody on the machine "
              "can read is refused. Changes count within seconds; SIGHUP applies them at once");
    add.value("--tokens", settings.tokens, "FILE", "Token file (default: tokens in the data folder)");
    add.flag("--demo", settings.demo, "Add persons 1 to 1000, user tje0 and password Tje0");
    add.size("--max-body", settings.limits.max_bytes, max_picture_bytes, "Largest picture accepted");
    add.flag("--allow-any-person", settings.allow_any_person,
             "Accept every valid person id. The table of persons is not read");
}

void add_store_options(const OptionAdder& add, Settings& settings) {
    add.value("--store", settings.store, "CONNECTION",
              "Store in PostgreSQL, which several servers share, instead of the data folder: a URI such as "
              "postgresql://portrait@db.example.com/portrait, or keywords such as service=portrait. The "
              "password is in a passfile, a service file or PGPASSWORD. To another machine sslmode is "
              "verify-full unless it is given")
        ->check(CLI::Validator{store_fault, {}});
}

void add_network_options(const OptionAdder& add, const OptionAdder& more, Settings& settings) {
    const auto tls = [&settings]() -> portrait::http::TlsOptions& {
        if (!settings.server.tls)
            settings.server.tls.emplace();
        return *settings.server.tls;
    };
    auto* const certificate = add.function<std::string>(
        "--tls-cert", [tls](const std::string& file) { tls().certificate = file; }, "FILE",
        "Certificate (PEM) to serve TLS 1.2 and 1.3. Intermediate certificates follow it in the file. SIGHUP "
        "loads it and the key again; open connections stay");
    auto* const key = add.function<std::string>(
        "--tls-key", [tls](const std::string& file) { tls().key = file; }, "FILE",
        "Private key (PEM) of the certificate. It has no password. A key that everybody on the machine can "
        "read is refused");
    certificate->needs(key);
    key->needs(certificate);
    more.function<std::uint32_t>(
            "--hsts", [tls](std::uint32_t seconds) { tls().hsts = std::chrono::seconds{seconds}; }, "SECONDS",
            "Time for which browsers use https only (Strict-Transport-Security); 0 sends no such field")
        ->check(between(std::uint32_t{0}, ten_years_seconds))
        ->default_str("0")
        ->needs(certificate);
    add.list(
           "--trusted-proxy",
           [&](const std::string& text) {
               if (const auto network = portrait::http::Network::parse(text))
                   settings.server.trusted_proxies.push_back(*network);
           },
           "ADDR[/BITS]",
           "Proxy or network whose X-Forwarded-For, -Proto and -Host count. Limits and logs are then "
           "about the client behind it. Repeat the option, or separate several by spaces")
        ->check(CLI::Validator{proxy_fault, {}});
    more.value("--public-url", settings.endpoint.public_url, "URL",
               "Scheme and host by which browsers reach the server, if a proxy changes them. Only pages from "
               "there and of --cors-origins may write with a session or with Basic; with https cookies are "
               "Secure. URLs in answers begin with it")
        ->transform(CLI::Validator{read_public_url, {}});
    more.value("--base-path", settings.endpoint.base_path, "PATH",
               "Path below which everything is served, such as /Cust12345; /healthz, /readyz, /metrics and "
               "/api/state stay at the root (default: the root)")
        ->transform(CLI::Validator{read_base_path, {}});
    more.flag("--no-ui", settings.no_ui, "Serve no page at /ui/ for browsers");
    add.list(
           "--cors-origins",
           [&cors = settings.endpoint.cors](const std::string& text) {
               if (text == "*")
                   cors.any_origin = true;
               else
                   cors.origins.push_back(text);
           },
           "ORIGINS",
           "Web origins whose scripts may send requests. Separate several by spaces; * lets every page send "
           "requests without cookies, and write by tickets and tokens only")
        ->check(CLI::Validator{origin_fault, {}});
}

void add_log_options(const OptionAdder& add, const OptionAdder& more, Settings& settings) {
    more.address(
        "--operations-listen", settings.operations,
        "Address of its own for health and metrics. It serves /metrics, /healthz and /readyz without "
        "authentication and nothing else; the other address then has no /metrics (default: all on one)");
    add.value(
        "--audit-log", settings.audit_log, "FILE",
        "File to which each write adds lines of JSON. The first has the caller, the time, the person, "
        "and the picture before and after; without it the write is refused. The second has the outcome. "
        "SIGHUP opens the file again");
    more.flag("--audit-sync", settings.audit_sync,
              "Commit a write only after its line in the audit log is on the disk");
    more.flag("--no-metrics", settings.no_metrics, "Serve no /metrics");
    add.value("--log-level", settings.log_level, "LEVEL",
              "Lowest level to log: debug, info, warning, error or off")
        ->check(CLI::IsMember{{"debug", "info", "warning", "error", "off", "warn"}}.description(""))
        ->default_str(settings.log_level);
    add.flag("--log-json", settings.log_json, "Log in lines of JSON");
}

void add_picture_options(const OptionAdder& add, Settings& settings) {
    add.number("--max-pixels", settings.limits.max_pixels, 1, max_size,
               "Largest number of pixels of a picture, width times height");
    add.flag("--strict-superoffice", settings.endpoint.strict_superoffice,
             "Refuse uploads with status 400 only (and 401, 403, 412, 429), as SuperOffice documents it");
    add.flag("--convert-dates", settings.endpoint.localization.convert_dates,
             "Convert created and updated dates to the zone that SO-TimeZone names; otherwise they are UTC");
    add.flag("--scrub-metadata", settings.scrub_metadata,
             "Store JPEG, PNG and GIF without EXIF, GPS, XMP, IPTC, comments and thumbnails. Pixels, "
             "orientation and colour profile stay; TIFF is stored as received");
    add.list(
           "--convert-uploads",
           [&formats = settings.convertible](const std::string& text) {
               formats.add(*parse_convertible(text));
           },
           "FORMATS",
           "Accept pictures of phones and browsers, of these formats: webp, heic, avif, separated by commas. "
           "They are stored as JPEG, or as PNG if they are transparent, upright, in sRGB, without metadata",
           ',')
        ->check(CLI::Validator{convertible_fault, {}});
    add.function<std::string>(
           "--render-isolation",
           [&isolate = settings.isolate_renderings](const std::string& mode) { isolate = mode == "process"; },
           "MODE",
           "Where pictures are decoded: in the server itself (none), or in processes that reach neither "
           "files nor the network nor the server's memory (process)")
        ->check(CLI::IsMember{{"none", "process"}}.description(""))
        ->default_str("none");
}

void add_sign_in_options(const OptionAdder& add, Settings& settings) {
    auto& schemes = settings.endpoint.schemes;
    auto& sessions = settings.endpoint.sessions;
    add.off_flag("--no-basic", schemes.basic, "Refuse user names and passwords in Authorization");
    add.off_flag("--no-so-ticket", schemes.so_ticket, "Refuse tickets");
    add.off_flag("--no-bearer", schemes.bearer, "Refuse access tokens");
    add.off_flag("--no-session", schemes.session, "Serve no sign-in page and no sessions");
    add.duration<std::chrono::minutes>("--session-idle", sessions.idle, year_minutes, "MINUTES",
                                       "Time without a request after which a session ends");
    add.duration<std::chrono::minutes>("--session-lifetime", sessions.lifetime, year_minutes, "MINUTES",
                                       "Time after the sign-in at which a session ends in any case");
    add.flag("--xsrf-safe-methods", sessions.xsrf_safe_methods,
             "Accept GET and HEAD of sessions without X-XSRF-TOKEN also from browsers that send no "
             "Sec-Fetch-Site, such as over plain HTTP");
    add.number(
        "--failures-per-address", settings.sign_in_limits.failures_per_address, 0, max_failures,
        "Wrong passwords from one address before the next attempt has to wait, longer each time (429); "
        "0 means no limit. Raise it where many users share an address, such as behind a proxy");
    add.number("--failures-per-name", settings.sign_in_limits.failures_per_name, 0, max_failures,
               "Wrong passwords for one name before the next attempt has to wait. An address from which the "
               "user has signed in before is not affected");
    add.number("--hashing-threads", settings.hashing_threads, 1, 256,
               "Threads that check passwords; they bound the processor time that passwords take");
    add.list(
        "--app-token", [&](const std::string& token) { settings.endpoint.app_tokens.add(token); }, "TOKEN",
        "SO-AppToken to accept. With at least one, other tokens are refused and SoTicket requires one. "
        "Everybody on the machine can see command lines: prefer the variable or --app-tokens");
    add.value("--app-tokens", settings.app_tokens, "FILE",
              "File of SO-AppTokens to accept, one on each line");
}

void add_memory_options(const OptionAdder& add, Settings& settings) {
    add.number("--threads", settings.server.threads, 1, max_threads,
               "Threads that serve sockets (default: one per core)");
    add.number("--store-threads", settings.store_threads, 1, max_threads,
               "Threads that read from the store; as many more write");
    add.size("--cache-bytes", settings.cache_bytes, max_size,
             "Memory for the cache of pictures and renditions; 0 turns the cache off", 0);
    add.size("--index-bytes", settings.index_bytes, max_size,
             "Memory for the places of pictures in the data folder, about 50 bytes a person; 0: none", 0);
    add.number("--render-threads", settings.render_threads, 1, max_threads,
               "Threads that scale and convert pictures (default: one per core)");
    add.size("--render-bytes", settings.render_bytes, max_size,
             "Memory for decoded pixels; a picture that needs more is not scaled");
    add.size("--bodies-in-flight", settings.server.body_bytes_in_flight, max_size,
             "Memory for uploads in progress; an upload beyond it is answered 503");
    add.size("--bodies-in-flight-per-client", settings.bodies_in_flight_per_client, max_size,
             "Part of it that one address may take (default: an eighth, on loopback all). Raise it behind a "
             "proxy");
    add.size("--answers-in-flight", settings.server.answer_bytes_in_flight, max_size,
             "Memory for answers in progress; a read beyond it is answered 503");
    add.size("--answers-in-flight-per-client", settings.answers_in_flight_per_client, max_size,
             "Part of it that one address may take (default: an eighth, on loopback all). Raise it behind a "
             "proxy");
}

void add_connection_options(const OptionAdder& add, Settings& settings) {
    auto& server = settings.server;
    add.number("--max-connections", server.connection_limit, 1, max_count,
               "Connections at a time. Beyond it the oldest idle one is closed, or the new one is answered "
               "503");
    add.number("--max-connections-per-client", settings.connections_per_client, 1, max_count,
               "Connections from one address (default: 256, on loopback all). Raise it behind a proxy");
    add.number("--max-requests-per-connection", server.requests_per_connection, 1, max_count,
               "Requests after which a connection is closed");
    add.number("--max-head", server.header_limit, 1024, max_head_bytes,
               "Largest request line and header fields together; beyond it 431", "BYTES");
    add.number("--max-target", server.target_limit, 256, max_head_bytes,
               "Longest request target; beyond it 414", "BYTES");
    add.seconds("--head-timeout", server.header_timeout,
                "Time for a request's head, from its first byte to its last");
    add.seconds("--body-timeout", server.body_timeout,
                "Time for a request's body, plus the time that its length takes at --min-rate");
    add.seconds("--idle-timeout", server.idle_timeout, "Time for a connection without a request");
    add.seconds("--handler-timeout", server.handler_timeout,
                "Time for each of a request's two steps inside the server");
    add.seconds("--write-timeout", server.write_timeout,
                "Time for a client to read an answer, plus the time that its length takes at --min-rate");
    add.number("--min-rate", server.body_rate, 1, std::uint64_t{1} << 40U,
               "Lowest rate of a client, in bytes per second. A connection that reads less of an answer over "
               "ten seconds is closed",
               "BYTES");
}

} // namespace

std::string url_of(const ListenAddress& listen, bool tls) {
    return fmt::format("{}://{}", tls ? "https" : "http", fmt::streamed(listen));
}

void add_options(CLI::App& app, Settings& settings) {
    const OptionAdder common{app, "Options"};
    add_place_options(common, settings);
    add_network_options(common, {app, "Connection options"}, settings);
    add_log_options(common, {app, "Log and metrics options"}, settings);
    app.set_config("--config", "",
                   "File of options by their long names. For example listen = \"0.0.0.0:8080\" or demo = "
                   "true. The command line overrides the file, and the file overrides the environment")
        ->type_name("FILE")
        ->envname("PORTRAIT_CONFIG");
    app.allow_config_extras(CLI::config_extras_mode::error);
    add_store_options({app, "Store options"}, settings);
    add_picture_options({app, "Picture options"}, settings);
    add_sign_in_options({app, "Sign-in options"}, settings);
    add_connection_options({app, "Connection options"}, settings);
    add_memory_options({app, "Memory and thread options"}, settings);
}

} // namespace portrait_server
