#include <portrait/image_renderer.hpp>

namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding renderers keep what this one only uses
void ImageRenderer::submit(RenderImage job, Completion<RenderedImage> completion) const {
    completion(render(job));
}

} // namespace portrait
