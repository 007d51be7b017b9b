#include <portrait/image_renderer.hpp>

#include <utility>

namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding renderers keep what this one only uses
void ImageRenderer::submit(QueuedRendering rendering, Completion<RenderedImage> completion) const {
    const auto job = rendering.read();
    completion(job ? render(*job) : job.error());
}

void ImageRenderer::submit(RenderImage job, Completion<RenderedImage> completion) const {
    auto stop = job.stop;
    submit(QueuedRendering{.read = [job = std::move(job)]() -> result<RenderImage> { return job; },
                           .stop = std::move(stop)},
           std::move(completion));
}

void ImageRenderer::submit_placeholder(
    // NOLINTBEGIN(performance-unnecessary-value-param): as above
    Placeholder kind, const Rendition& rendition, std::stop_token,
    Completion<RenderedImage> completion) const { // NOLINTEND(performance-unnecessary-value-param)
    completion(placeholder(kind, rendition));
}

} // namespace portrait
