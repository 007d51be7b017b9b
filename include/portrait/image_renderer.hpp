#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_header.hpp>
#include <portrait/image_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

namespace portrait {

/// How a picture meets a box that has both sides.
enum class Fit : std::uint8_t {
    inside, ///< whole and undistorted inside the box (contract section 2)
    cover,  ///< undistorted, fills the box, what hangs over is cut off evenly; for C++ callers only
};

/// A wanted size and type of a picture (contract section 2, GET parameters). Never enlarges.
struct Rendition {
    std::optional<std::uint32_t> width{};  ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<std::uint32_t> height{}; ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<ImageFormat> format{};   ///< absent: the stored one
    Fit fit = Fit::inside;

    friend bool operator==(const Rendition&, const Rendition&) = default;
};

/// A picture to show where a person has none: the contract's `ifBlank` kinds but `Null`, which is none.
enum class Placeholder : std::uint8_t {
    standard, ///< `Default`
    clear_pixel,
    no_photo,             ///< `SrNoPhoto`
    no_photo_with_border, ///< `SrNoPhotoWithBorder`
    generic_file_icon,
};

/// What a renderer made.
struct RenderedImage {
    ImageBytes bytes;
    ImageFormat format = ImageFormat::png;
    std::uint32_t width = 0;  ///< pixels
    std::uint32_t height = 0; ///< pixels
};

/// A picture to render. `header` is what `probe` said of `bytes`.
struct RenderImage {
    ImageBytes bytes;
    ImageHeader header;
    Rendition rendition;
    std::stop_token stop; ///< when stop is requested nobody wants the result any more
};

/// A picture to render once it is its turn: while it waits it holds no bytes.
struct QueuedRendering {
    /// Reads the picture. Called once at most, on the thread that renders; may block on disk. Must not throw.
    std::function<result<RenderImage>()> read;
    std::stop_token stop; ///< as that of `RenderImage`
};

/// Port: scales and converts pictures. Thread-safe; takes CPU time and memory, so `render` is never called on
/// a thread that serves sockets.
///
/// Errors of a rendering: `image_corrupt`, `image_truncated`, `image_too_many_pixels`,
/// `image_too_many_frames`, `rendition_too_costly`, `rendition_timed_out`, `rendition_not_supported`,
/// `service_busy`, `cancelled`.
class PORTRAIT_EXPORT ImageRenderer {
public:
    virtual ~ImageRenderer() = default;

    /// Renders on the calling thread.
    [[nodiscard]] virtual result<RenderedImage> render(const RenderImage& job) const = 0;

    /// Reads and renders the picture and calls back, once, on any thread, perhaps before it returns. The
    /// default does it on the calling thread; a renderer with threads of its own doesn't block here and says
    /// `service_busy` when it has too much to do. Errors: those of `rendering.read`, too.
    virtual void submit(QueuedRendering rendering, Completion<RenderedImage> completion) const;
    /// As above, for a picture that is in memory already.
    void submit(RenderImage job, Completion<RenderedImage> completion) const;

    /// The placeholder in the wanted size and type (PNG when the rendition names none). It is drawn for the
    /// size, so it is sharp at any. Errors: `rendition_not_supported`, `service_busy`.
    [[nodiscard]] virtual result<RenderedImage> placeholder(Placeholder kind,
                                                            const Rendition& rendition) const = 0;

    /// Draws it and calls back, as `submit` does; a renderer that looks at `stop` says `cancelled`. The
    /// default calls `placeholder`.
    virtual void submit_placeholder(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                                    Completion<RenderedImage> completion) const;

protected:
    ImageRenderer() = default;
    ImageRenderer(const ImageRenderer&) = default;
    ImageRenderer& operator=(const ImageRenderer&) = default;
};

} // namespace portrait
