#include "serve/rendering.hpp"

#include "serve/figures.hpp"

#ifdef PORTRAIT_SERVER_RENDERS
#include <portrait/imaging/render_pool.hpp>
#include <portrait/imaging/vips_renderer.hpp>
#endif

namespace portrait_server {

std::shared_ptr<const portrait::ImageRenderer> make_renderer([[maybe_unused]] const Settings& settings) {
#ifdef PORTRAIT_SERVER_RENDERS
    portrait::imaging::RenderSettings one;
    one.max_decoded_bytes = settings.render_bytes;
    portrait::imaging::RenderPoolOptions all;
    all.threads = settings.render_threads;
    all.decoded_bytes_in_flight = settings.render_bytes;
    return std::make_shared<portrait::imaging::RenderPool>(
        std::make_shared<portrait::imaging::VipsRenderer>(one), all);
#else
    return nullptr;
#endif
}

void add_figures([[maybe_unused]] portrait::http::Metrics& metrics,
                 [[maybe_unused]] const portrait::ImageRenderer& renderer) {
#ifdef PORTRAIT_SERVER_RENDERS
    using Statistics = portrait::imaging::RenderPoolStatistics;
    const auto* const pool = dynamic_cast<const portrait::imaging::RenderPool*>(&renderer);
    if (pool == nullptr)
        return;
    const auto of = [pool](auto member) {
        return [pool, member] { return static_cast<double>(pool->statistics().*member); };
    };
    metrics.add_counter("portrait_renderings_total", "Renderings that ended, well or not",
                        of(&Statistics::rendered));
    metrics.add_counter("portrait_renderings_failed_total", "Those that failed", of(&Statistics::failed));
    metrics.add_counter("portrait_renderings_refused_total", "Renderings that found the queue full",
                        of(&Statistics::refused));
    metrics.add_histogram("portrait_rendering_seconds", "What each rendering took, its wait not included",
                          [pool] { return pool->statistics().times; });
    metrics.add_gauge("portrait_renderings_waiting", "Renderings that wait", of(&Statistics::waiting));
    metrics.add_gauge("portrait_renderings_running", "Renderings under way", of(&Statistics::running));
    metrics.add_gauge("portrait_rendering_bytes", "Bytes of decoded pictures in memory",
                      of(&Statistics::decoded_bytes_in_flight));
#endif
}

} // namespace portrait_server
