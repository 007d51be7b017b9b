#include "serve/run_server.hpp"

#include "folder/control_socket.hpp"
#include "serve/banner.hpp"
#include "serve/demo.hpp"
#include "serve/figures.hpp"
#include "serve/log.hpp"
#include "serve/rendering.hpp"
#include "serve/shutdown.hpp"
#include "serve/supervisor.hpp"
#include "serve/users.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/audit_file/audit_file.hpp>
#include <portrait/auditing_image_store.hpp>
#include <portrait/beast/server.hpp>
#include <portrait/caching_image_store.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/http/metrics.hpp>
#include <portrait/person_image_service.hpp>
#ifdef PORTRAIT_SERVER_METRICS
#include <portrait/prometheus/metrics.hpp>
#endif
#include <portrait/rendition_service.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>
#include <portrait/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace portrait_server {

namespace {

using portrait::audit_file::AuditFile;
using portrait::http::Severity;

// Both are below the ten seconds after which supervisors kill a process.
constexpr std::chrono::seconds drain_limit{7};
constexpr std::chrono::seconds closing_limit{9};
constexpr std::size_t max_waiting_tasks = 4096; // of each pool; beyond it 503
constexpr std::uint32_t max_operations_connections = 64;
constexpr std::uint64_t operations_answer_bytes = 8ULL << 20;

/// The parts, in the order of their dependence; destroyed from the last to the first.
struct Parts {
    std::shared_ptr<ServerLog> log;
    std::shared_ptr<portrait::http::Metrics> metrics; ///< may be null
    std::shared_ptr<portrait::sqlite::SqliteImageStore> store;
    std::shared_ptr<AuditFile> audit;             ///< may be null
    std::shared_ptr<portrait::ImageStore> images; ///< the store behind cache and audit log
    std::shared_ptr<portrait::ImageCache> cache;  ///< may be null
    std::shared_ptr<portrait::PersonImageService> service;
    std::shared_ptr<const portrait::ImageRenderer> renderer; ///< may be null
    std::shared_ptr<portrait::http::WorkerPool> readers;
    std::shared_ptr<portrait::http::WorkerPool> writers;
    std::shared_ptr<portrait::http::Endpoint> endpoint;
    std::unique_ptr<portrait::http::Server> server;
    std::unique_ptr<ControlSocket> control;
    std::shared_ptr<portrait::http::Endpoint> operations_endpoint;
    std::unique_ptr<portrait::http::Server> operations_server; ///< of `--operations-listen` alone
};

std::shared_ptr<const portrait::PersonDirectory>
directory_for(const Settings& settings, const portrait::sqlite::SqliteImageStore& store) {
    if (settings.allow_any_person)
        return std::make_shared<portrait::AnyPersonDirectory>();
    return store.persons();
}

/// The store behind the cache and, in front of both, the audit log.
std::shared_ptr<portrait::ImageStore> with_cache_and_audit(const Parts& parts) {
    std::shared_ptr<portrait::ImageStore> images = parts.store;
    if (parts.cache != nullptr)
        images = std::make_shared<portrait::CachingImageStore>(images, parts.cache);
    if (parts.audit != nullptr)
        images = std::make_shared<portrait::AuditingImageStore>(std::move(images), parts.audit);
    return images;
}

std::shared_ptr<portrait::PersonImageService> make_service(const Settings& settings, const Parts& parts) {
    const auto metadata =
        settings.scrub_metadata ? portrait::MetadataPolicy::scrub : portrait::MetadataPolicy::keep;
    return std::make_shared<portrait::PersonImageService>(parts.images, directory_for(settings, *parts.store),
                                                          settings.limits, nullptr, metadata);
}

/// The metrics, which pass everything to the log, or the log.
std::shared_ptr<portrait::http::Log> log_of(const Parts& parts) {
    if (parts.metrics != nullptr)
        return parts.metrics;
    return parts.log;
}

std::function<std::string()> metrics_text(const Parts& parts) {
    if (parts.metrics == nullptr)
        return nullptr;
    return [metrics = parts.metrics] { return metrics->text(); };
}

portrait::http::ServerOptions server_options(const Settings& settings) {
    auto options = settings.server;
    options.address = settings.listen.address;
    options.port = settings.listen.port;
    // On loopback all clients share one address: bounds per address are those of all.
    options.connections_per_address = settings.connections_per_client.value_or(
        settings.listen.is_loopback() ? options.connection_limit : options.connections_per_address);
    // The largest picture must fit, with the rest of its request.
    options.body_bytes_in_flight =
        std::max(options.body_bytes_in_flight, settings.limits.max_bytes + (1U << 20));
    const bool one_client = settings.listen.is_loopback() && options.trusted_proxies.empty();
    options.body_bytes_per_address =
        settings.bodies_in_flight_per_client.value_or(one_client ? options.body_bytes_in_flight : 0);
    options.answer_bytes_per_address =
        settings.answers_in_flight_per_client.value_or(one_client ? options.answer_bytes_in_flight : 0);
    return options;
}

[[nodiscard]] portrait::result<void> prepare_persons(const Settings& settings, const Parts& parts) {
    const auto persons = parts.store->persons();
    if (settings.demo)
        if (auto added = demo::add_persons(*persons); !added)
            return added;
    const auto count = persons->count();
    if (!count)
        return count.error();
    if (*count == 0 && !settings.allow_any_person)
        parts.log->event(
            Severity::warning,
            "there are no persons yet, so no picture can be stored; add them by 'portrait-server persons "
            "import FILE.csv', or accept every id by --allow-any-person",
            {});
    return {};
}

/// A server without a control socket serves; only subcommands can't run beside it.
void open_control_socket(const Settings& settings, Parts& parts) {
    auto control = ControlSocket::listen(settings.data, {*parts.store, *parts.images}, parts.log);
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

/// Serves `/metrics`, `/healthz` and `/readyz` on an address of their own.
[[nodiscard]] portrait::result<void> start_operations_server(const Settings& settings, Parts& parts) {
    portrait::http::EndpointOptions options;
    options.operations_only = true;
    options.metrics = metrics_text(parts);
    parts.operations_endpoint = std::make_shared<portrait::http::Endpoint>(
        parts.service, std::make_shared<portrait::http::CompositeAuthenticator>(nullptr, nullptr),
        parts.readers, parts.writers, std::move(options));
    portrait::http::ServerOptions server;
    server.address = settings.operations->address;
    server.port = settings.operations->port;
    server.threads = 1;
    server.connection_limit = max_operations_connections;
    server.answer_bytes_in_flight = operations_answer_bytes;
    auto started = portrait::http::Server::start(parts.operations_endpoint, std::move(server));
    if (!started)
        return started.error();
    parts.operations_server = std::move(*started);
    parts.log->event(Severity::info,
                     fmt::format("health and figures on {}",
                                 url_of(*settings.operations, parts.operations_server->port())),
                     {});
    return {};
}

void announce(const Settings& settings, const Parts& parts, bool demo_user) {
    const auto port = parts.server->port();
    const auto url = url_of(settings.listen, port, settings.server.tls.has_value());
    say(banner(settings, port, demo_user)); // before the log's thread can write
    parts.log->event(Severity::info, fmt::format("portrait {} listens on {}", PORTRAIT_VERSION, url), {});
    if (demo_user && !settings.listen.is_loopback())
        parts.log->event(
            Severity::warning,
            "the demo user's password is public and this address is not loopback: everybody who reaches this "
            "port can read, replace and delete every picture",
            {});
    notify_supervisor(fmt::format("READY=1\nSTATUS=listening on {}", url));
}

void reload_certificate(const Parts& parts) {
    if (const auto reloaded = parts.server->reload_tls(); !reloaded)
        parts.log->event(Severity::error,
                         fmt::format("the certificate stays as it was: {}", plain_refusal(reloaded.error())),
                         {});
}

void close(Parts& parts) {
    const ClosingLimit limit{closing_limit};
    parts.log->event(Severity::info, "draining: requests in flight finish, new connections are refused", {});
    parts.control.reset();
    notify_supervisor("STOPPING=1\nSTATUS=answering the requests in flight");
    parts.endpoint->set_draining(true);
    if (parts.operations_endpoint != nullptr)
        parts.operations_endpoint->set_draining(true);
    if (!parts.server->drain(drain_limit))
        parts.log->event(Severity::warning, "some requests took too long to finish and were cut", {});
    parts.operations_server.reset(); // before the parts that its metrics read
    parts.operations_endpoint.reset();
    parts.server.reset();
    parts.endpoint.reset();
    parts.writers.reset(); // finishes its tasks while the store is open
    parts.readers.reset();
    parts.renderer.reset();
    parts.service.reset();
    parts.images.reset();
    parts.cache.reset();
    const auto figures = parts.store->statistics();
    parts.store.reset(); // completes submitted writes
    parts.audit.reset(); // writes the lines of those
    parts.log->event(Severity::info,
                     fmt::format("closed; {} writes in {} commits, the largest of {}", figures.writes,
                                 figures.commits, figures.largest_batch),
                     {});
    parts.log.reset();
}

} // namespace

int run_server(const Settings& settings) {
    const auto descriptors = prepare_process();
    ShutdownSignals shutdown;
    auto options = settings.endpoint;
    if (const auto read = read_app_tokens(settings, options.app_tokens); !read)
        return refuse(read.error().sentence);
    Parts parts;
    parts.log = std::make_shared<ServerLog>(settings.log_level, settings.log_json);
    parts.log->event(Severity::debug,
                     fmt::format("files and sockets open at a time: {} at most", descriptors), {});
#ifdef PORTRAIT_SERVER_METRICS
    if (!settings.no_metrics)
        parts.metrics = portrait::http::prometheus_metrics(parts.log);
#endif
    auto users = open_users(settings, parts.log);
    if (!users)
        return refuse(users.error().sentence);

    portrait::sqlite::forgo_memory_statistics();
    auto store = portrait::sqlite::SqliteImageStore::open(
        {.folder = settings.data, .read_connections = settings.store_threads});
    if (!store)
        return refuse(data_folder_refusal(settings.data, store.error()));
    parts.store = std::move(*store);
    if (parts.metrics != nullptr)
        add_figures(*parts.metrics, *parts.store);
    if (const auto prepared = prepare_persons(settings, parts); !prepared)
        return refuse(data_folder_refusal(settings.data, prepared.error()));
    if (settings.cache_bytes != 0)
        parts.cache = std::make_shared<portrait::ImageCache>(settings.cache_bytes);
    if (parts.metrics != nullptr && parts.cache != nullptr)
        add_figures(*parts.metrics, *parts.cache);
    if (const auto opened = open_audit_log(settings, parts); !opened)
        return refuse(opened.error().message());
    parts.images = with_cache_and_audit(parts);
    parts.service = make_service(settings, parts);
    parts.renderer = make_renderer(settings);
    if (parts.metrics != nullptr && parts.renderer != nullptr)
        add_figures(*parts.metrics, *parts.renderer);
    if (parts.renderer)
        options.renditions =
            std::make_shared<portrait::RenditionService>(parts.service, parts.renderer, parts.cache);
    parts.readers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, max_waiting_tasks);
    parts.writers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, max_waiting_tasks);
    if (!settings.operations)
        options.metrics = metrics_text(parts);
    parts.endpoint = std::make_shared<portrait::http::Endpoint>(
        parts.service, std::move(users->authenticator), parts.readers, parts.writers, std::move(options),
        parts.log);
    auto server = portrait::http::Server::start(parts.endpoint, server_options(settings), log_of(parts));
    if (!server)
        return refuse(plain_refusal(server.error()));
    parts.server = std::move(*server);
    if (parts.metrics != nullptr)
        add_figures(*parts.metrics, *parts.server);
    if (settings.operations)
        if (const auto started = start_operations_server(settings, parts); !started)
            return refuse(plain_refusal(started.error()));

    open_control_socket(settings, parts);
    announce(settings, parts, users->demo_user);
    shutdown.wait([&] {
        parts.log->event(Severity::info, "SIGHUP: reloading files", {});
        users->reload();
        reload_certificate(parts);
        if (parts.audit != nullptr)
            parts.audit->reopen();
    });
    close(parts);
    return exit_code::success;
}

} // namespace portrait_server
