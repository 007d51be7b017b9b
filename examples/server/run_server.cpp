#include "run_server.hpp"

#include "banner.hpp"
#include "caller_options.hpp"
#include "console.hpp"
#include "control_socket.hpp"
#include "demo.hpp"
#include "log.hpp"
#include "process.hpp"
#include "refusals.hpp"
#include "rendering.hpp"
#include "shutdown.hpp"
#include "users.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/http/server.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/rendition_service.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>
#include <portrait/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace portrait_server {

namespace {

using portrait::http::Severity;

// Together below the ten seconds after which supervisors lose patience.
constexpr std::chrono::seconds drain_patience{7};
constexpr std::chrono::seconds closing_limit{9};
constexpr std::size_t waiting_tasks = 4096; // of each pool; beyond it 503

/// The parts, in the order of their dependence: destroyed from the last to the first.
struct Parts {
    std::shared_ptr<ServerLog> log;
    std::shared_ptr<portrait::sqlite::SqliteImageStore> store;
    std::shared_ptr<portrait::ImageStore> images; ///< the store, with a cache before it
    std::shared_ptr<portrait::ImageCache> cache;
    std::shared_ptr<portrait::PersonImageService> service;
    std::shared_ptr<const portrait::ImageRenderer> renderer; // may be null
    std::shared_ptr<portrait::http::WorkerPool> readers;
    std::shared_ptr<portrait::http::WorkerPool> writers;
    std::shared_ptr<portrait::http::Endpoint> endpoint;
    std::unique_ptr<portrait::http::Server> server;
    std::unique_ptr<ControlSocket> control;
};

std::shared_ptr<const portrait::PersonDirectory>
directory_for(const Settings& settings, const portrait::sqlite::SqliteImageStore& store) {
    if (settings.allow_any_person)
        return std::make_shared<portrait::AnyPersonDirectory>();
    return store.persons();
}

std::shared_ptr<portrait::ImageStore> with_cache(const Parts& parts) {
    if (!parts.cache)
        return parts.store;
    return std::make_shared<portrait::CachingImageStore>(parts.store, parts.cache);
}

std::shared_ptr<portrait::PersonImageService> make_service(const Settings& settings, const Parts& parts) {
    portrait::Limits limits;
    limits.max_bytes = settings.max_body;
    limits.max_pixels = settings.max_pixels;
    const auto metadata =
        settings.scrub_metadata ? portrait::MetadataPolicy::scrub : portrait::MetadataPolicy::keep;
    return std::make_shared<portrait::PersonImageService>(parts.images, directory_for(settings, *parts.store),
                                                          limits, nullptr, metadata);
}

portrait::result<portrait::http::EndpointOptions> endpoint_options(const Settings& settings) {
    portrait::http::EndpointOptions options;
    options.strict_superoffice = settings.strict_superoffice;
    options.convert_dates = settings.convert_dates;
    if (auto applied = apply(settings.callers, options); !applied)
        return applied.error();
    return options;
}

portrait::http::ServerOptions server_options(const Settings& settings) {
    portrait::http::ServerOptions options = settings.limits.bounds;
    options.address = settings.listen.address;
    options.port = settings.listen.port;
    options.threads = settings.threads;
    if (settings.limits.connections_per_client)
        options.connections_per_address = *settings.limits.connections_per_client;
    else if (settings.listen.is_loopback()) // as of bodies in flight below
        options.connections_per_address = options.connection_limit;
    // The largest picture has to fit, whatever else was chosen; the rest of its request has room beside it.
    options.body_bytes_in_flight = std::max(settings.bodies_in_flight, settings.max_body + (1U << 20));
    if (settings.bodies_in_flight_per_client)
        options.body_bytes_per_address = *settings.bodies_in_flight_per_client;
    else if (settings.listen.is_loopback()) // one address for everybody: nobody to be fair to
        options.body_bytes_per_address = options.body_bytes_in_flight;
    return options;
}

portrait::result<void> prepare_persons(const Settings& settings, const Parts& parts) {
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
            "there are no persons yet, so no picture can be put; add them by 'portrait-server persons "
            "import FILE.csv', or take every id by --allow-any-person",
            {});
    return {};
}

/// Without it the server serves all the same; subcommands then have to wait until it has ended.
void open_control_socket(const Settings& settings, Parts& parts) {
    auto control = ControlSocket::listen(settings.data, {*parts.store, *parts.images}, parts.log);
    if (control)
        parts.control = std::move(*control);
    else
        parts.log->event(Severity::warning,
                         fmt::format("no control socket in the data folder: {}", control.error().message()),
                         {});
}

void announce(const Settings& settings, const Parts& parts, bool demo_user) {
    const auto port = parts.server->port();
    parts.log->event(
        Severity::info,
        fmt::format("portrait {} listens on {}", PORTRAIT_VERSION, url_of(settings.listen, port)), {});
    if (demo_user && !settings.listen.is_loopback())
        parts.log->event(
            Severity::warning,
            "the demo user's password is public and this address is not loopback: whoever reaches this "
            "port can read, replace and delete every picture",
            {});
    say(banner(settings, port, demo_user));
}

void close(Parts& parts) {
    const ClosingLimit limit{closing_limit};
    parts.log->event(Severity::info, "draining: requests in flight finish, new connections are refused", {});
    parts.control.reset();
    parts.endpoint->set_draining(true);
    if (!parts.server->drain(drain_patience))
        parts.log->event(Severity::warning, "some requests took too long to finish and were cut", {});
    parts.server.reset();
    parts.endpoint.reset();
    parts.writers.reset(); // finishes what it has taken, in the store that is still open
    parts.readers.reset();
    parts.renderer.reset();
    parts.service.reset();
    parts.cache.reset();
    const auto figures = parts.store->statistics();
    parts.store.reset();
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
    auto options = endpoint_options(settings);
    if (!options)
        return refuse(options.error().message());
    Parts parts;
    parts.log = std::make_shared<ServerLog>(settings.log_level, settings.log_json);
    parts.log->event(Severity::debug,
                     fmt::format("files and sockets open at a time: {} at most", descriptors), {});
    auto users = open_users(settings, parts.log);
    if (!users)
        return refuse(users.error().message());

    auto store = portrait::sqlite::SqliteImageStore::open(
        {.folder = settings.data, .read_connections = settings.store_threads});
    if (!store)
        return refuse(data_folder_refusal(settings, store.error()));
    parts.store = std::move(*store);
    if (const auto prepared = prepare_persons(settings, parts); !prepared)
        return refuse(data_folder_refusal(settings, prepared.error()));
    if (settings.cache_bytes != 0)
        parts.cache = std::make_shared<portrait::ImageCache>(settings.cache_bytes);
    parts.images = with_cache(parts);
    parts.service = make_service(settings, parts);
    parts.renderer = make_renderer(settings);
    if (parts.renderer)
        options->renditions =
            std::make_shared<portrait::RenditionService>(parts.service, parts.renderer, parts.cache);
    parts.readers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, waiting_tasks);
    parts.writers = std::make_shared<portrait::http::WorkerPool>(settings.store_threads, waiting_tasks);
    parts.endpoint = std::make_shared<portrait::http::Endpoint>(
        parts.service, std::move(users->authenticator), parts.readers, parts.writers, *std::move(options),
        parts.log);
    auto server = portrait::http::Server::start(parts.endpoint, server_options(settings), parts.log);
    if (!server)
        return refuse(plain_refusal(server.error()));
    parts.server = std::move(*server);

    open_control_socket(settings, parts);
    announce(settings, parts, users->demo_user);
    shutdown.wait();
    close(parts);
    return exit_code::success;
}

} // namespace portrait_server
