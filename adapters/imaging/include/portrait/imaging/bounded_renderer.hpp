#pragma once

#include <portrait/export.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/upload_converter.hpp>

#include <cstdint>
#include <functional>
#include <stop_token>

namespace portrait::imaging {

/// The cost of decoding, judged by the head.
struct DecodingCost {
    std::uint64_t bytes = 0; ///< in memory at a time, at most
};

/// A renderer that says what a picture costs before it decodes it, so that a `RenderPool` can keep all
/// renderings together within a budget. Thread-safe.
class PORTRAIT_EXPORT BoundedRenderer : public ImageRenderer {
public:
    /// Returns an error if a picture of that cost must not be decoded now; may wait.
    using Admit = std::function<result<void>(const DecodingCost&)>;

    /// As `ImageRenderer::render` after `admit` has succeeded, otherwise its error. The renderer's time limit
    /// runs from then on.
    [[nodiscard]] virtual result<RenderedImage> render(const RenderImage& job, const Admit& admit) const = 0;
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job) const final {
        return render(job, admit_all);
    }

    /// As `ImageRenderer::placeholder` after `admit` has succeeded, and until stop is requested.
    [[nodiscard]] virtual result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition,
                                                            std::stop_token stop,
                                                            const Admit& admit) const = 0;
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind,
                                                    const Rendition& rendition) const final {
        return placeholder(kind, rendition, {}, admit_all);
    }

    /// The formats that `convert` takes.
    virtual ConvertibleFormats convertible() const noexcept = 0;

    /// As `UploadConverter::submit`, on the calling thread, after `admit` has succeeded and until stop is
    /// requested.
    [[nodiscard]] virtual result<RenderedImage> convert(const UploadedImage& upload, std::stop_token stop,
                                                        const Admit& admit) const = 0;

private:
    [[nodiscard]] static result<void> admit_all(const DecodingCost&) { return {}; }
};

} // namespace portrait::imaging
