#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/person_image_service.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace portrait {

/// A rendition and the ImageInfo of the picture that it was made of.
struct ImageRendition {
    ImageInfo info;
    RenderedImage image;
};

/// A person's picture in the requested size and type (contract section 2): from the cache, or made by the
/// renderer. Concurrent requests for one rendition share one rendering.
///
/// Thread-safe when its ports are. Pass the cache of the `CachingImageStore` that its `PersonImageService`
/// uses: then erasing a picture also drops its renditions, and a rendition of an erased picture isn't kept.
class PORTRAIT_EXPORT RenditionService {
public:
    /// A null service or renderer throws `std::invalid_argument`; without a cache nothing is kept.
    RenditionService(std::shared_ptr<const PersonImageService> images,
                     std::shared_ptr<const ImageRenderer> renderer,
                     std::shared_ptr<ImageCache> cache = nullptr);

    /// The renderer's.
    std::string_view revision() const noexcept;

    /// The rendition if it is in memory, without blocking; otherwise nothing.
    std::optional<ImageRendition> cached(PersonId person_id, const Rendition& rendition) const;
    /// As above for a picture whose ImageInfo has just been read.
    std::optional<RenderedImage> cached(const ImageInfo& info, const Rendition& rendition) const;
    /// As above for the placeholder of a person without a picture; see `ImageRenderer::placeholder`.
    std::optional<RenderedImage> cached(Placeholder kind, const Rendition& rendition) const;

    /// Reads the ImageInfo on the calling thread, which may block on disk, reads and renders the picture by
    /// `ImageRenderer::submit`, and calls back once, on any thread, perhaps before it returns; the completion
    /// has the limits of an `ImageStore`'s. The rendering is cancelled when all of its callers have requested
    /// stop. A queued rendering holds no bytes: it renders the picture that the person has when its turn
    /// comes. A caller that joins a queued rendering of another client queues it for its own client, too.
    /// Errors: those of `PersonImageService::image` and of `ImageRenderer`.
    void submit(PersonId person_id, const Rendition& rendition, RenderCaller caller,
                Completion<ImageRendition> completion) const;
    /// As above for a person whose ImageInfo has just been read. Doesn't block if the renderer has its own
    /// threads.
    void submit(PersonId person_id, const ImageInfo& info, const Rendition& rendition, RenderCaller caller,
                Completion<ImageRendition> completion) const;
    /// As above for a placeholder, by `ImageRenderer::submit_placeholder`. Never blocks.
    void submit(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                Completion<RenderedImage> completion) const;

    /// As `submit`, and waits for the outcome.
    [[nodiscard]] result<ImageRendition> rendition(PersonId person_id, const Rendition& rendition) const;
    /// As `submit`, and waits for the outcome.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition) const;

private:
    struct PORTRAIT_HIDDEN Rendering;
    struct PORTRAIT_HIDDEN State;

    void start(const std::shared_ptr<Rendering>& rendering, PersonId person_id, const Rendition& rendition,
               const std::string& client) const;

    std::shared_ptr<const PersonImageService> images_;
    std::shared_ptr<const ImageRenderer> renderer_;
    /// Shared with running renderings, which must not own the renderer: it is destroyed on their threads.
    std::shared_ptr<State> state_;
};

} // namespace portrait
