#include "rendering.hpp"

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

} // namespace portrait_server
