#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_header.hpp>
#include <portrait/image_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace portrait {

/// How a picture fits a box with both sides; undistorted, and never enlarged. A picture that is smaller than
/// a box to be filled gives its largest part of the box's shape.
enum class Fit : std::uint8_t {
    inside,    ///< whole inside the box
    cover,     ///< fills the box, and the rest is cut off evenly: `crop=centre` (contract section 2)
    attention, ///< fills the box with the part that attracts most attention: `crop=attention`
};

/// The requested size and type of a picture (contract section 2, GET parameters). Pictures are never
/// enlarged.
struct Rendition {
    std::optional<std::uint32_t> width{};  ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<std::uint32_t> height{}; ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<ImageFormat> format{};   ///< absent: the stored one
    Fit fit = Fit::inside;

    friend bool operator==(const Rendition&, const Rendition&) = default;
};

/// The picture of a person without one: the contract's `ifBlank` kinds, except `Null`.
enum class Placeholder : std::uint8_t {
    standard, ///< `Default`
    clear_pixel,
    no_photo,             ///< `SrNoPhoto`
    no_photo_with_border, ///< `SrNoPhotoWithBorder`
    generic_file_icon,
};

/// A rendition.
struct RenderedImage {
    ImageBytes bytes;
    ImageFormat format = ImageFormat::png;
    std::uint32_t width = 0;  ///< pixels
    std::uint32_t height = 0; ///< pixels
};

/// A picture to render, with its header by `probe`.
struct RenderImage {
    ImageBytes bytes;
    ImageHeader header;
    Rendition rendition;
    std::stop_token stop;         ///< cancels the rendering
    std::shared_ptr<void> hold{}; ///< destroyed when the renderer has no more use for the picture
};

/// The one who wants a rendition. A stop token alone converts to a caller without a name.
struct RenderCaller {
    RenderCaller() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): callers without a name pass a stop token alone
    RenderCaller(std::stop_token token, std::string name = {})
        : stop{std::move(token)}
        , client{std::move(name)} {}

    std::stop_token stop; ///< cancels the rendering
    /// Any key of the client, such as its network. Renderers with a queue share their threads evenly among
    /// clients; callers with an empty key are one client.
    std::string client;
};

/// A picture to read and render later: it holds no bytes while it waits.
struct QueuedRendering {
    /// Reads the picture, on the thread that renders; may block on disk. Must not throw. Called again when
    /// the rendering has to wait once more after its cost is known.
    std::function<result<RenderImage>()> read;
    std::stop_token stop; ///< as that of `RenderImage`
    std::string client{}; ///< as that of `RenderCaller`
};

/// Port: scales and converts pictures. Thread-safe; takes CPU time and memory, so don't call `render` on a
/// thread that serves sockets.
///
/// ```cpp
/// const result<RenderedImage> thumbnail =
///     renderer.render({.bytes = photo, .header = probe(photo).value(), .rendition = {.width = 180}, .stop =
///     {}});
/// ```
///
/// Errors of a rendering: `image_corrupt`, `image_truncated`, `image_too_many_pixels`,
/// `image_too_many_frames`, `rendition_too_costly`, `rendition_timed_out`, `rendition_not_supported`,
/// `service_busy`, `cancelled`.
class PORTRAIT_EXPORT ImageRenderer {
public:
    virtual ~ImageRenderer() = default;

    /// Changes whenever the renderer makes other renditions of equal pictures: a part of their ETags
    /// (contract section 6), so that browsers drop the earlier ones. At most 32 of `A-Za-z0-9._-`, the
    /// default none.
    virtual std::string_view revision() const noexcept { return {}; }

    /// Renders on the calling thread.
    [[nodiscard]] virtual result<RenderedImage> render(const RenderImage& job) const = 0;

    /// Reads and renders the picture and calls back once, on any thread, perhaps before it returns. The
    /// default works on the calling thread; a renderer with its own threads doesn't block and returns
    /// `service_busy` under overload. Errors: those of `rendering.read`, too.
    virtual void submit(QueuedRendering rendering, Completion<RenderedImage> completion) const;
    /// As above, for a picture in memory.
    void submit(RenderImage job, Completion<RenderedImage> completion) const;

    /// The placeholder in the requested size and type (by default PNG), sharp at any size. Errors:
    /// `rendition_not_supported`, `service_busy`.
    [[nodiscard]] virtual result<RenderedImage> placeholder(Placeholder kind,
                                                            const Rendition& rendition) const = 0;

    /// As `submit`, for a placeholder; a renderer that checks `caller.stop` returns `cancelled`. The default
    /// calls `placeholder`.
    virtual void submit_placeholder(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                                    Completion<RenderedImage> completion) const;
};

} // namespace portrait
