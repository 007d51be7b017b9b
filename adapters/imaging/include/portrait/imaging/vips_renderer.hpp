#pragma once

#include <portrait/export.hpp>
#include <portrait/imaging/bounded_renderer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

namespace portrait::imaging {

/// The quality of renditions and the limits of each. The defaults are safe for a public server.
struct RenderSettings {
    int jpeg_quality = 77;   ///< 1 to 100; always progressive, which takes fewer bytes
    int png_compression = 6; ///< zlib's level, 0 to 9
    int gif_effort = 5;      ///< of the palette's search, 1 to 10

    /// Memory to decode one picture: pixels after the codec's own reduction × bands × bytes a sample ×
    /// frames, and the coefficients of a progressive JPEG. Judged by the head; more is
    /// `rendition_too_costly`.
    std::uint64_t max_decoded_bytes = 256ULL << 20;
    std::uint32_t max_frames = 1000; ///< of an animation; more are `image_too_many_frames`
    /// Of a progressive JPEG, each of which processes all coefficients; more are `rendition_too_costly`.
    std::uint32_t max_scans = 100;
    /// For one picture, from its first pixel on; `rendition_timed_out` beyond it. Checked between rows, so a
    /// codec that reads a whole picture first can exceed it by that time.
    std::chrono::milliseconds time_limit = std::chrono::seconds{10};
    /// Formats that `convert` takes. Their decoders are used for nothing else.
    ConvertibleFormats convertible{};
    /// Called with the reason when a renderer first ignores a colour profile that can't be used; on any
    /// thread. The text is for a log.
    std::function<void(std::string_view)> on_unusable_profile{};
};

/// Renders with libvips: reduces while decoding, applies the EXIF orientation, converts embedded profiles and
/// CMYK, Lab and 16-bit samples to 8-bit sRGB, keeps transparency in PNG, as one bit in GIF, and lays it on
/// white for JPEG. An animated GIF stays animated when the rendition is a GIF, with its timing; all other
/// renditions have the first frame or page. Renditions carry no metadata, are in sRGB, and are always encoded
/// anew. A picture whose end is missing or damaged is rendered as far as it goes, as in browsers. What
/// `probe` accepts is rendered; the guide's page on pictures has the table.
///
/// Thread-safe. The first object sets libvips up for the whole process: one thread for each picture (unless
/// the environment's VIPS_CONCURRENCY sets another number), no operation cache, no loaders but those for
/// JPEG, PNG and GIF and those of `RenderSettings::convertible`, and before libvips 8.15 no code by liborc,
/// which isn't thread-safe. libvips is never shut down, since other code may use it.
class PORTRAIT_EXPORT VipsRenderer final : public BoundedRenderer {
public:
    /// Settings outside their bounds throw `std::invalid_argument`; a libvips that can't be started throws
    /// `std::runtime_error`.
    explicit VipsRenderer(RenderSettings settings = {});

    const RenderSettings& settings() const noexcept { return settings_; }

    /// libvips' version and a number of our own, such as `8.14.1-2`.
    std::string_view revision() const noexcept override;

    /// Errors: `image_corrupt`, `image_too_many_frames`, `rendition_too_costly`, `rendition_timed_out`,
    /// `cancelled`, `service_busy` when memory runs out.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job, const Admit& admit) const override;
    using BoundedRenderer::render;

    /// A square that fits the box, 128 pixels without a box; `clear_pixel` is always 1 × 1. Errors:
    /// `rendition_too_costly`, `rendition_timed_out`, `service_busy` when memory runs out.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition,
                                                    std::stop_token stop, const Admit& admit) const override;
    using BoundedRenderer::placeholder;

    ConvertibleFormats convertible() const noexcept override { return settings_.convertible; }

    /// The first frame of an animation. A JPEG has quality 90. Errors: see `UploadConverter::submit`;
    /// `rendition_not_supported` for a format that isn't in `RenderSettings::convertible`.
    [[nodiscard]] result<RenderedImage> convert(const UploadedImage& upload, std::stop_token stop,
                                                const Admit& admit) const override;

private:
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job, const Admit& admit, bool animated,
                                               bool& is_animation) const;
    void report_profile(std::string_view reason) const;

    RenderSettings settings_;
    std::shared_ptr<std::atomic_flag> profile_reported_ = std::make_shared<std::atomic_flag>();
};

} // namespace portrait::imaging
