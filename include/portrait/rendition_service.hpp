#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_cache.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/person_image_service.hpp>

#include <memory>
#include <optional>
#include <stop_token>

namespace portrait {

/// A rendition and the ImageInfo of the picture that it was made of.
struct ImageRendition {
    ImageInfo info;
    RenderedImage image;
};

/// A person's picture in a wanted size and type (contract section 2): from the cache, or made by the
/// renderer, once however many ask for the same at the same time.
///
/// Thread-safe when its ports are. Give it the cache of the `CachingImageStore` under its
/// `PersonImageService`: a rendition of what has been erased meanwhile isn't kept, and erasing a picture
/// forgets its renditions.
class PORTRAIT_EXPORT RenditionService {
public:
    /// A null service or renderer throws `std::invalid_argument`; without a cache nothing is kept.
    RenditionService(std::shared_ptr<const PersonImageService> images,
                     std::shared_ptr<const ImageRenderer> renderer,
                     std::shared_ptr<ImageCache> cache = nullptr);
    ~RenditionService();

    /// The rendition when it is at hand without blocking, otherwise nothing.
    std::optional<ImageRendition> cached(PersonId person_id, const Rendition& rendition) const;

    /// The same for a picture whose ImageInfo has just been read.
    std::optional<RenderedImage> cached(const ImageInfo& info, const Rendition& rendition) const;

    /// Reads the ImageInfo on the calling thread, which may block on disk, has the picture read and rendered
    /// by `ImageRenderer::submit`, and calls back, once, on any thread, perhaps before it returns; what an
    /// `ImageStore`'s completion must not do, this one must not either. When stop is requested by everybody
    /// who asked for the same, the rendering is cancelled. A rendering that waits for its turn holds no
    /// bytes: it renders the picture that the person has when its turn comes. Errors: those of
    /// `PersonImageService::image` and of `ImageRenderer`.
    void submit(PersonId person_id, const Rendition& rendition, std::stop_token stop,
                Completion<ImageRendition> completion) const;

    /// As above for a person whose ImageInfo has just been read. Never blocks with a renderer that has
    /// threads of its own.
    void submit(PersonId person_id, const ImageInfo& info, const Rendition& rendition, std::stop_token stop,
                Completion<ImageRendition> completion) const;

    /// The same, waiting for the outcome.
    [[nodiscard]] result<ImageRendition> rendition(PersonId person_id, const Rendition& rendition) const;

    /// The picture to show where there is none (see `ImageRenderer::placeholder`), when it is at hand without
    /// blocking.
    std::optional<RenderedImage> cached(Placeholder kind, const Rendition& rendition) const;

    /// Has it drawn by `ImageRenderer::submit_placeholder`, once however many ask for the same, keeps it, and
    /// calls back as the others do. Never blocks.
    void submit(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                Completion<RenderedImage> completion) const;

    /// The same, waiting for the outcome.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition) const;

private:
    struct PORTRAIT_HIDDEN Flight;
    struct PORTRAIT_HIDDEN State;

    void take_off(const std::shared_ptr<Flight>& flight, PersonId person_id) const;
    void take_off(const std::shared_ptr<Flight>& flight, Placeholder kind) const;

    std::shared_ptr<const PersonImageService> images_;
    std::shared_ptr<const ImageRenderer> renderer_;
    /// Shared with what is being rendered, which must not own the renderer: it ends on its threads.
    std::shared_ptr<State> state_;
};

} // namespace portrait
