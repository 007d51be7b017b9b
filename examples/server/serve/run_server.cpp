#include "serve/serve.hpp"

#include "folder/control_socket.hpp"
#include "folder/service.hpp"
#include "serve/banner.hpp"
#include "serve/figures.hpp"
#include "serve/log.hpp"
#include "serve/open_store.hpp"
#include "serve/page.hpp"
#include "serve/rendering.hpp"
#include "serve/shared_callers.hpp"
#include "serve/users.hpp"
#include "store/store.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/audit_file/audit_file.hpp>
#include <portrait/beast/server.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/person_image_service.hpp>
#ifdef PORTRAIT_SERVER_METRICS
#include <portrait/prometheus/metrics.hpp>
#endif
#include <portrait/rendition_service.hpp>
#include <portrait/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

using portrait::audit_file::AuditFile;
using portrait::http::Severity;

// Both are below the ten seconds after which supervisors kill a process.
constexpr std::chrono::seconds drain_limit{7};
constexpr std::chrono::seconds closing_limit{9};
constexpr const char* demo_warning = "the demo user's password is public and this address is not loopback: "
                                     "everybody who reaches this port can "
                                     "read, replace and delete every picture";
constexpr std::size_t max_waiting_tasks = 4096; // of each pool; beyond it 503
constexpr std::uint32_t max_operations_connections = 64;
constexpr std::uint64_t operations_answer_bytes = 8ULL << 20;

/// The parts, in the order of their dependence; destroyed from the last to the first.
struct Parts {
    std::shared_ptr<ServerLog> log;
    std::shared_ptr<portrait::http::Metrics> metrics; ///< may be null
    std::shared_ptr<AuditFile> audit;                 ///< may be null
    std::unique_ptr<Store> store;
    std::unique_ptr<portrait::http::KnownCallersFile> callers;           ///< null without a data folder
    std::shared_ptr<portrait::postgres::PostgresCallers> shared_callers; ///< null without a database
    std::shared_ptr<portrait::ImageStore> images;                        ///< the store behind the cache
    std::shared_ptr<portrait::ImageCache> cache;                         ///< may be null
    std::shared_ptr<portrait::PersonImageService> service;
    Rendering rendering;
    std::shared_ptr<portrait::http::WorkerPool> readers;
    std::shared_ptr<portrait::http::WorkerPool> writers;
    std::shared_ptr<portrait::http::Endpoint> endpoint;
    std::unique_ptr<portrait::http::Server> server;
    std::unique_ptr<ControlSocket> control;
    std::shared_ptr<portrait::http::Endpoint> operations_endpoint;
    std::unique_ptr<portrait::http::Server> operations_server; ///< of `--operations-listen` alone
};

std::function<std::string()> metrics_text(const Parts& parts) {
    if (parts.metrics == nullptr)
        return nullptr;
    return [metrics = parts.metrics] { return metrics->text(); };
}

portrait::http::ServerOptions server_options(const Settings& settings) {
    auto options = settings.server;
    options.address = settings.listen.address().to_string();
    options.port = settings.listen.port();
    const bool on_loopback = settings.listen.address().is_loopback();
    // On loopback all clients share one address: bounds per address are those of all.
    options.connections_per_address = settings.connections_per_client.value_or(
        on_loopback ? options.connection_limit : options.connections_per_address);
    // The largest picture must fit, with the rest of its request.
    options.body_bytes_in_flight =
        std::max(options.body_bytes_in_flight, settings.limits.max_bytes + (1U << 20));
    const bool one_client = on_loopback && options.trusted_proxies.empty();
    options.body_bytes_per_address =
        settings.bodies_in_flight_per_client.value_or(one_client ? options.body_bytes_in_flight : 0);
    options.answer_bytes_per_address =
        settings.answers_in_flight_per_client.value_or(one_client ? options.answer_bytes_in_flight : 0);
    return options;
}

/// A server without a control socket serves; only subcommands can't run beside it.
void open_control_socket(const Settings& settings, Parts& parts) {
    auto control =
        ControlSocket::listen(settings.data, {*parts.store, *parts.images, *parts.service}, parts.log);
    if (control)
        parts.control = std::move(*control);
    else
        parts.log->event(
            Severity::warning,
            fmt::format("there is no control socket in the data folder: {}", control.error().sentence), {});
}

[[nodiscard]] portrait::result<void> open_audit_log(const Settings& settings, Parts& parts) {
    if (!settings.audit_log)
        return {};
    portrait::audit_file::AuditFileOptions options;
    options.sync = settings.audit_sync;
    options.on_fault = [log = parts.log](const std::string& fault) {
        log->event(Severity::error, fault, {});
    };
    auto opened = AuditFile::open(*settings.audit_log, std::move(options));
    if (!opened)
        return opened.error();
    parts.audit = std::move(*opened);
    return {};
}

[[nodiscard]] Outcome<void> open_callers(const Settings& settings, const Users& users,
                                         portrait::http::EndpointOptions& options, Parts& parts) {
    auto kept = open_kept_callers(settings, users.counter, parts.log);
    if (!kept)
        return kept.error();
    options.known_browser_key = kept->browser_key;
    parts.callers = std::move(kept->addresses);
    return {};
}

/// The callers of a database, which replace the users of files.
[[nodiscard]] Outcome<void> share_callers(const Settings& settings, Users& users,
                                          portrait::http::EndpointOptions& options, Parts& parts) {
    auto callers = parts.store->callers();
    if (!callers)
        return Refusal{plain_refusal(callers.error()), code_of(callers.error())};
    auto shared = open_shared_callers(settings, *std::move(callers), parts.log);
    if (!shared)
        return shared.error();
    parts.shared_callers = std::move(shared->callers);
    options.session_store = std::move(shared->sessions);
    options.known_browser_key = shared->browser_key;
    users = std::move(shared->users);
    return {};
}

/// Opens the store with its cache, and what is kept of callers beside it.
[[nodiscard]] Outcome<void> open_stores(const Settings& settings, Users& users,
                                        portrait::http::EndpointOptions& options, Parts& parts) {
    if (settings.cache_bytes != 0)
        parts.cache = std::make_shared<portrait::ImageCache>(settings.cache_bytes);
    auto store = open_store(settings, parts.audit, parts.cache, parts.log);
    if (!store)
        return store.error();
    parts.store = *std::move(store);
    parts.images = parts.cache != nullptr ? parts.store->cached_images(parts.cache) : parts.store->images();
    return settings.store.empty() ? open_callers(settings, users, options, parts)
                                  : share_callers(settings, users, options, parts);
}

/// Serves `/metrics`, `/healthz` and `/readyz` on an address of their own.
[[nodiscard]] portrait::result<void> start_operations_server(const Settings& settings, Parts& parts) {
    portrait::http::EndpointOptions options;
    options.operations_only = true;
    options.metrics = metrics_text(parts);
    parts.operations_endpoint = std::make_shared<portrait::http::Endpoint>(
        parts.service, std::make_shared<portrait::http::CompositeAuthenticator>(nullptr, nullptr),
        parts.readers, parts.writers, std::move(options));
    portrait::http::ServerOptions server;
    server.address = settings.operations->address().to_string();
    server.port = settings.operations->port();
    server.threads = 1;
    server.connection_limit = max_operations_connections;
    server.answer_bytes_in_flight = operations_answer_bytes;
    auto started = portrait::http::Server::start(parts.operations_endpoint, std::move(server));
    if (!started)
        return started.error();
    parts.operations_server = std::move(*started);
    parts.log->event(Severity::info,
                     fmt::format("serving health and metrics on {}",
                                 url_of({settings.operations->address(), parts.operations_server->port()})),
                     {});
    return {};
}

void announce(const Settings& settings, const Parts& parts, bool has_demo_user) {
    const ListenAddress listen{settings.listen.address(), parts.server->port()};
    const auto url = url_of(listen, settings.server.tls.has_value());
    say(banner(settings, listen, has_demo_user, demo_warning)); // before the log's thread can write
    parts.log->event(Severity::info, fmt::format("portrait {} listens on {}", PORTRAIT_VERSION, url), {});
    if (has_demo_user && !listen.address().is_loopback())
        parts.log->event(Severity::warning, demo_warning, {});
    notify_supervisor(fmt::format("READY=1\nSTATUS=listening on {}", url));
}

void reload(const Parts& parts, const Users& users) {
    parts.log->event(Severity::info, "SIGHUP: reloading files", {});
    users.reload();
    if (parts.audit != nullptr)
        parts.audit->reopen();
}

/// Returns whether it has to be tried again, as when a tool hasn't written the key yet. `fault`: of the
/// attempt before; each is logged once.
bool reload_certificate(const Parts& parts, std::string& fault) {
    const auto reloaded = parts.server->reload_tls();
    auto present = reloaded ? std::string{} : plain_refusal(reloaded.error());
    if (!reloaded && present != fault)
        parts.log->event(Severity::error, fmt::format("the certificate stays as it was: {}", present), {});
    fault = std::move(present);
    return !reloaded;
}

void close(Parts& parts) {
    limit_closing(closing_limit);
    parts.endpoint->set_draining(true);
    if (parts.operations_endpoint != nullptr)
        parts.operations_endpoint->set_draining(true);
    parts.log->event(Severity::info, "draining: requests in flight finish, new connections are refused", {});
    notify_supervisor("STOPPING=1\nSTATUS=answering the requests in flight");
    if (parts.control != nullptr)
        parts.control->stop(); // its jobs end while the requests are answered
    if (!parts.server->drain(drain_limit))
        parts.log->event(Severity::warning, "some requests took too long to finish and were cut", {});
    parts.operations_server.reset(); // before the parts that its metrics read
    parts.operations_endpoint.reset();
    parts.server.reset();
    parts.endpoint.reset();
    parts.control.reset(); // waits for its jobs, which use the store
    parts.writers.reset(); // finishes its tasks while the store is open
    parts.readers.reset();
    parts.callers.reset(); // writes into the data folder while the store owns it
    parts.shared_callers.reset();
    parts.rendering = {};
    parts.service.reset();
    parts.images.reset();
    parts.cache.reset();
    const auto summary = parts.store->summary();
    parts.store.reset(); // completes submitted writes
    parts.audit.reset();
    parts.log->event(Severity::info, fmt::format("closed; {}", summary), {});
    parts.log.reset();
    limit_closing(std::chrono::seconds{0});
}

} // namespace

int run_server(const Settings& settings) {
    block_shutdown_signals();
    auto options = settings.endpoint;
    if (const auto read = read_app_tokens(settings, options.app_tokens); !read)
        return refuse(read.error());
    Parts parts;
    parts.log = std::make_shared<ServerLog>(settings.log_level, settings.log_json);
#ifdef PORTRAIT_SERVER_METRICS
    if (!settings.no_metrics)
        parts.metrics = portrait::http::prometheus_metrics(parts.log);
#endif
    auto users = settings.store.empty() ? open_users(settings, parts.log) : Outcome<Users>{Users{}};
    if (!users)
        return refuse(users.error());

    if (const auto opened = open_audit_log(settings, parts); !opened)
        return refuse(opened.error().message(), code_of(opened.error()));
    if (const auto opened = open_stores(settings, *users, options, parts); !opened)
        return refuse(opened.error());
    parts.service = make_service(settings, *parts.store, parts.images);
    auto rendering = make_rendering(settings, parts.log);
    if (!rendering)
        return refuse(rendering.error());
    parts.rendering = *std::move(rendering);
    if (parts.rendering.renderer)
        options.renditions = std::make_shared<portrait::RenditionService>(
            parts.service, parts.rendering.renderer, parts.cache);
    options.upload_converter = parts.rendering.converter;
    if (!settings.no_ui)
        options.host_routes = page_routes(
            options.base_path, {parts.service, parts.rendering.renderer, parts.rendering.converter});
    parts.readers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, max_waiting_tasks);
    parts.writers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, max_waiting_tasks);
    if (!settings.operations)
        options.metrics = metrics_text(parts);
    parts.endpoint = std::make_shared<portrait::http::Endpoint>(
        parts.service, std::move(users->authenticator), parts.readers, parts.writers, std::move(options),
        parts.log);
    std::shared_ptr<portrait::http::Log> log = parts.metrics; // passes everything to the other log
    auto server = portrait::http::Server::start(parts.endpoint, server_options(settings),
                                                log != nullptr ? log : parts.log);
    if (!server)
        return refuse(plain_refusal(server.error()), code_of(server.error()));
    parts.server = std::move(*server);
    if (parts.metrics != nullptr) {
        add_figures(*parts.metrics, *parts.store, parts.cache.get(), parts.audit.get(), *parts.server);
        parts.rendering.add_figures(*parts.metrics);
    }
    if (settings.operations)
        if (const auto started = start_operations_server(settings, parts); !started)
            return refuse(plain_refusal(started.error()), code_of(started.error()));

    if (settings.store.empty())
        open_control_socket(settings, parts);
    announce(settings, parts, users->has_demo_user);
    std::string certificate_fault;
    wait_for_shutdown([&] { reload(parts, *users); },
                      [&] { return reload_certificate(parts, certificate_fault); });
    close(parts);
    return exit_code::success;
}

} // namespace portrait_server
