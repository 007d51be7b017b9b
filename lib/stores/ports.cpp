#include "values/ports.hpp"

#include <portrait/forwarding_image_store.hpp>
#include <portrait/image_renderer.hpp>

// The default members of the ports.
namespace portrait {

// NOLINTNEXTLINE(performance-unnecessary-value-param): overriding stores keep what this one only calls
void ImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    completion(save(std::move(command)));
}

result<std::vector<std::optional<ImageInfo>>> ImageStore::infos(std::span<const PersonId> persons) const {
    std::vector<std::optional<ImageInfo>> infos;
    infos.reserve(persons.size());
    for (const auto person_id : persons) {
        auto one = info(person_id);
        if (!one && one.error() != errc::image_none)
            return one.error();
        infos.push_back(one ? std::optional{*std::move(one)} : std::nullopt);
    }
    return infos;
}

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

ForwardingImageStore::ForwardingImageStore(std::shared_ptr<ImageStore> store)
    : next_{required(std::move(store), "ForwardingImageStore needs a store to forward to")} {}

result<SavedImage> ForwardingImageStore::save(SaveImage command) {
    return awaited<result<SavedImage>>(
        [&](Completion<SavedImage> completion) { submit(std::move(command), std::move(completion)); });
}

} // namespace portrait
