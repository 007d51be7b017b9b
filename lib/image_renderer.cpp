#include <portrait/image_renderer.hpp>

#include <utility>

namespace portrait {

void ImageRenderer::submit(RenderImage job, Completion<RenderedImage> completion) const {
    completion(render(std::move(job)));
}

} // namespace portrait
