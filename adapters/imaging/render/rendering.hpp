#pragma once

#include "decode/decoding.hpp"

#include <portrait/imaging/vips_renderer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

/// The steps of a rendering; functions that make images throw `vips::VError`.
namespace portrait::imaging {

/// Ends the evaluation of an image at a time limit or when stop is requested; has to outlive the evaluation.
class RenderWatch {
public:
    RenderWatch(std::stop_token stop, std::chrono::milliseconds time_limit);
    RenderWatch(const RenderWatch&) = delete;
    RenderWatch& operator=(const RenderWatch&) = delete;

    /// An equal image that returns no more rows once the watch has ended: a small rendition reads all rows of
    /// a large picture before it reports progress of its own.
    vips::VImage guarded(const vips::VImage& image) const;

    /// From here on, checks between rows of this image.
    void attend(const vips::VImage& image);

    /// The reason, if the evaluation was ended; to be called on the thread that evaluated.
    std::optional<Error> ended() const;

private:
    static int pass_rows_on(VipsRegion* to, void* from, void* image, void* self, gboolean* stop);

    std::stop_token stop_;
    std::chrono::milliseconds time_limit_;
    std::chrono::steady_clock::time_point deadline_;
};

/// Swaps the sides if the EXIF orientation turns the picture by 90 degrees.
Size turned(Size size, const vips::VImage& head);

/// The sizes of a rendition.
struct TargetSize {
    Size scaled; ///< of the whole picture
    Size shown;  ///< of the part that is kept; smaller than `scaled` only where the box is filled
};

/// The sizes for a picture of that upright size. Sides are rounded to the nearest and at least 1.
TargetSize target_size(const Size& upright, const Rendition& rendition) noexcept;

/// The size of the rendition; `head` is the opened picture, not reduced.
TargetSize target_of(const RenderImage& job, const vips::VImage& head);

/// The factor by which the codec shrinks the picture while it decodes: 1, 2, 4 or 8. At least a factor of two
/// is left to the final resizing, whose quality is better.
int reduction_on_load(const RenderImage& job, const vips::VImage& head);

/// The cost of drawing the placeholder.
[[nodiscard]] result<DecodingCost> drawing_cost(Placeholder kind, const Rendition& rendition,
                                                const RenderSettings& settings);

/// The cost of rendering the picture, judged by its head.
[[nodiscard]] result<DecodingCost> decoding_cost(const RenderImage& job, const OpenedPicture& opened,
                                                 const RenderSettings& settings);

/// Called with the reason why a picture's colour profile is ignored.
using ReportProfile = std::function<void(std::string_view)>;

/// The picture upright, in the rendition's size, as 8-bit grey or sRGB with at most an alpha, to be evaluated
/// under `watch`.
vips::VImage scaled_upright(const RenderImage& job, const OpenedPicture& opened, const RenderWatch& watch,
                            const ReportProfile& report);

/// The cost of converting the picture, judged by its head.
[[nodiscard]] result<DecodingCost> conversion_cost(const vips::VImage& head, const RenderSettings& settings);

/// The whole picture upright, as 8-bit grey or sRGB with at most an alpha.
vips::VImage upright(const vips::VImage& image, const ReportProfile& report);

/// Evaluates an upright picture and encodes it, to be stored in place of the upload.
ImageBytes encode_original(const vips::VImage& image, ImageFormat format);

/// The side of the square placeholder, in pixels.
std::uint32_t placeholder_side(Placeholder kind, const Rendition& rendition);

/// The placeholder as an sRGB image with alpha, drawn row by row on demand, for its size, so that its edges
/// are sharp.
vips::VImage draw_placeholder(Placeholder kind, const Rendition& rendition);

/// Evaluates an image of 8-bit grey or sRGB and encodes it without metadata.
ImageBytes encode(vips::VImage image, ImageFormat format, const RenderSettings& settings);

} // namespace portrait::imaging
