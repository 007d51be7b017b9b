#include "serve/rendering.hpp"

#ifdef PORTRAIT_SERVER_RENDERS
#include <portrait/imaging/process_renderer.hpp>
#include <portrait/imaging/render_pool.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#endif

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace portrait_server {

#ifdef PORTRAIT_SERVER_RENDERS
namespace {

using namespace portrait::imaging;
using portrait::http::Metrics;
using portrait::http::Severity;

void add_pool_figures(Metrics& metrics, const RenderPool& pool) {
    const auto of = [&pool](auto member) {
        return [&pool, member] { return static_cast<double>(pool.statistics().*member); };
    };
    using Statistics = RenderPoolStatistics;
    metrics.add_counter("portrait_renderings_total", "Completed renderings, failed ones included",
                        of(&Statistics::rendered));
    metrics.add_counter("portrait_renderings_failed_total", "Failed renderings", of(&Statistics::failed));
    metrics.add_counter("portrait_renderings_refused_total", "Renderings refused because the queue was full",
                        of(&Statistics::refused));
    metrics.add_histogram("portrait_rendering_seconds", "Duration of each rendering, without its wait",
                          [&pool] { return pool.statistics().times; });
    metrics.add_gauge("portrait_renderings_waiting", "Waiting renderings", of(&Statistics::waiting));
    metrics.add_gauge("portrait_renderings_running", "Running renderings", of(&Statistics::running));
    metrics.add_gauge("portrait_rendering_bytes", "Bytes of decoded pictures in memory",
                      of(&Statistics::decoded_bytes_in_flight));
}

void add_process_figures(Metrics& metrics, const ProcessRenderer& processes) {
    const auto of = [&processes](auto member) {
        return [&processes, member] { return static_cast<double>(processes.statistics().*member); };
    };
    using Statistics = ProcessRendererStatistics;
    metrics.add_counter("portrait_rendering_processes_total", "Rendering processes that were started",
                        of(&Statistics::started));
    metrics.add_counter("portrait_rendering_processes_failed_total",
                        "Rendering processes that a picture ended, or that took too long",
                        of(&Statistics::ended));
}

RenderSettings render_settings(const Settings& settings, const std::shared_ptr<ServerLog>& log) {
    return {.max_decoded_bytes = settings.render_bytes,
            .convertible = settings.convertible,
            .on_unusable_profile = [log](std::string_view reason) {
                log->event(
                    Severity::warning,
                    fmt::format("A picture's colour profile is ignored, as later ones may be: {}", reason),
                    {});
            }};
}

ProcessRendererOptions process_options(const std::shared_ptr<ServerLog>& log) {
    return {.on_ended = [log](std::string_view reason) {
        log->event(Severity::warning,
                   fmt::format("A rendering process failed, and its picture is not rendered: {}", reason),
                   {});
    }};
}

} // namespace

[[nodiscard]] Outcome<Rendering> make_rendering(const Settings& settings,
                                                const std::shared_ptr<ServerLog>& log) {
    try {
        std::shared_ptr<const BoundedRenderer> renderer;
        std::shared_ptr<const ProcessRenderer> processes;
        if (settings.isolate_renderings)
            renderer = processes =
                std::make_shared<ProcessRenderer>(render_settings(settings, log), process_options(log));
        else
            renderer = std::make_shared<VipsRenderer>(render_settings(settings, log));
        const auto pool = std::make_shared<RenderPool>(
            std::move(renderer), RenderPoolOptions{.threads = settings.render_threads,
                                                   .decoded_bytes_in_flight = settings.render_bytes});
        Rendering rendering{.renderer = pool};
        if (!settings.convertible.empty())
            rendering.converter = pool;
        rendering.add_figures = [pool = pool.get(), processes = processes.get()](Metrics& metrics) {
            add_pool_figures(metrics, *pool);
            if (processes != nullptr)
                add_process_figures(metrics, *processes);
        };
        return rendering;
    } catch (const std::runtime_error& error) {
        return Refusal{error.what()};
    }
}
#else
[[nodiscard]] Outcome<Rendering> make_rendering(const Settings& settings, const std::shared_ptr<ServerLog>&) {
    if (settings.isolate_renderings || !settings.convertible.empty())
        return Refusal{
            "This build renders no pictures, so --render-isolation and --convert-uploads are not for it"};
    return Rendering{.add_figures = [](portrait::http::Metrics&) {}};
}
#endif

} // namespace portrait_server
