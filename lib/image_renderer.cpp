#include <portrait/image_renderer.hpp>

namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding renderers keep what this one only uses
void ImageRenderer::submit(RenderImage job, Completion<RenderedImage> completion) const {
    completion(render(job));
}

void ImageRenderer::submit_placeholder(
    Placeholder kind, const Rendition& rendition,
    std::stop_token, // NOLINT(performance-unnecessary-value-param): as above
    Completion<RenderedImage> completion) const {
    completion(placeholder(kind, rendition));
}

} // namespace portrait
