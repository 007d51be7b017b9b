#pragma once

#include <portrait/export.hpp>
#include <portrait/image_renderer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

namespace portrait::imaging {

/// How renditions are made and what one of them may cost. The defaults are safe for a server that is open to
/// strangers.
struct RenderSettings {
    int jpeg_quality = 82;   ///< 1 to 100; baseline, never progressive
    int png_compression = 6; ///< zlib's level, 0 to 9
    int gif_effort = 5;      ///< of the palette's search, 1 to 10

    /// Of one picture while it is decoded: pixels after the codec's own reduction × bands × bytes a sample ×
    /// frames, and the coefficients of a progressive JPEG. Judged by the head; more is
    /// `rendition_too_costly`.
    std::uint64_t max_decoded_bytes = 256ULL << 20;
    std::uint32_t max_frames = 1000; ///< of an animation; more are `image_too_many_frames`
    /// Of a progressive JPEG, whose every scan passes over all coefficients; more are `rendition_too_costly`.
    std::uint32_t max_scans = 100;
    /// For one picture, from when its pixels are asked for; `rendition_timed_out` beyond it. Looked at
    /// between rows, so a codec that has to read a whole picture first can exceed it by that reading.
    std::chrono::milliseconds time_limit = std::chrono::seconds{10};
};

/// What decoding takes, judged before it by the head.
struct DecodingCost {
    std::uint64_t bytes = 0;  ///< in memory at a time, at the most
    std::uint32_t frames = 1; ///< that will be decoded
};

/// Renders with libvips: reduces while decoding, applies the EXIF orientation, converts embedded profiles and
/// CMYK, Lab and 16-bit samples to 8-bit sRGB, keeps transparency in PNG, as one bit in GIF, and lays it on
/// white for JPEG. An animated GIF stays animated when the rendition is a GIF, with its timing; everything
/// else shows the first frame or page. Renditions carry no metadata but the sRGB profile; they are encoded
/// anew even where neither size nor type changes. A picture whose end is missing is rendered as far as it
/// goes, as browsers do.
///
/// Thread-safe. The first object sets libvips up for the whole process: one thread for each picture (unless
/// the environment's VIPS_CONCURRENCY says otherwise), no operation cache, no loaders but those for JPEG,
/// PNG, GIF and TIFF, and before libvips 8.15 no code by liborc, which isn't safe with several threads.
/// libvips is not shut down, since nobody knows who else uses it.
class PORTRAIT_EXPORT VipsRenderer final : public ImageRenderer {
public:
    /// Settings outside their bounds throw `std::invalid_argument`; a libvips that doesn't start throws
    /// `std::runtime_error`.
    explicit VipsRenderer(RenderSettings settings = {});

    const RenderSettings& settings() const noexcept { return settings_; }

    /// What `render` would take. Errors: `image_corrupt`, `image_too_many_frames`, `rendition_too_costly`.
    [[nodiscard]] result<DecodingCost> cost(const RenderImage& job) const;

    /// Errors: those of `cost`, `rendition_timed_out`, `cancelled`, `service_busy` when memory runs out.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job) const override;

    /// Says whether a picture of that cost may be decoded now; may wait.
    using Admit = std::function<result<void>(const DecodingCost&)>;
    /// The same once `admit` lets it, and with its error otherwise. The time limit runs from then on.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job, const Admit& admit) const;

    /// What `placeholder` would take. Errors: `rendition_too_costly`.
    [[nodiscard]] result<DecodingCost> cost(Placeholder kind, const Rendition& rendition) const;

    /// A square that fits the box, 128 pixels where there is none; `clear_pixel` is always 1 × 1. Errors:
    /// those of `cost`, `rendition_timed_out`, `cancelled`, `service_busy` when memory runs out.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind,
                                                    const Rendition& rendition) const override;
    /// The same, until stop is requested.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition,
                                                    std::stop_token stop) const;

private:
    RenderSettings settings_;
};

} // namespace portrait::imaging
