#include "render/rendering.hpp"

#include "decode/jpeg_scans.hpp"

#include <algorithm>
#include <utility>

namespace portrait::imaging {
namespace {

/// Pixels of all scans of a progressive JPEG; about ten seconds of the slowest kind of scan.
constexpr std::uint64_t most_scanned_pixels = 2'000'000'000;
/// The GIF encoder's memory: the frame, its predecessor, and the palette's indices.
constexpr std::uint64_t gif_encoder_bytes_a_pixel = 9;
/// Of a placeholder, though rows are drawn on demand: the processor's time counts, too.
constexpr std::uint64_t bytes_a_drawn_pixel = 4;

std::uint64_t pixels_of(const Size& size) {
    return static_cast<std::uint64_t>(size.width) * size.height;
}

Error too_costly(std::uint64_t bytes, const RenderSettings& settings) {
    return Error{errc::rendition_too_costly}.with_limit(bytes, settings.max_decoded_bytes);
}

/// The memory of a JPEG in several scans beside its pixels.
[[nodiscard]] result<std::uint64_t> scans_cost(const RenderImage& job, std::uint64_t pixels,
                                               const RenderSettings& settings) {
    const auto scans = jpeg_scans(job.bytes);
    const auto most =
        std::min<std::uint64_t>(settings.max_scans, std::max<std::uint64_t>(1, most_scanned_pixels / pixels));
    if (scans.scans > most)
        return Error{errc::rendition_too_costly, "The picture has too many scans to be scaled or converted"}
            .with_limit(scans.scans, most);
    return scans.coefficient_bytes;
}

} // namespace

bool is_turned(const vips::VImage& head) {
    constexpr int first_turned = 5; // of EXIF's eight values
    return vips_image_get_orientation(head.get_image()) >= first_turned;
}

TargetSize target_of(const RenderImage& job, const vips::VImage& head) {
    auto upright = stored_size(head);
    if (is_turned(head))
        std::swap(upright.width, upright.height);
    return target_size(upright, job.rendition);
}

int reduction_on_load(const RenderImage& job, const vips::VImage& head) {
    if (job.header.format != ImageFormat::jpeg)
        return 1;
    const auto stored = stored_size(head);
    auto scaled = target_of(job, head).scaled;
    if (is_turned(head))
        std::swap(scaled.width, scaled.height);
    const auto shrink = std::min(stored.width / scaled.width, stored.height / scaled.height);
    return shrink >= 16 ? 8 : shrink >= 8 ? 4 : shrink >= 4 ? 2 : 1;
}

[[nodiscard]] result<DecodingCost> drawing_cost(Placeholder kind, const Rendition& rendition,
                                                const RenderSettings& settings) {
    const std::uint64_t side = placeholder_side(kind, rendition);
    const auto bytes_a_pixel =
        bytes_a_drawn_pixel + (rendition.format == ImageFormat::gif ? gif_encoder_bytes_a_pixel : 0);
    const DecodingCost cost{.bytes = side * side * bytes_a_pixel};
    if (cost.bytes > settings.max_decoded_bytes)
        return too_costly(cost.bytes, settings);
    return cost;
}

[[nodiscard]] result<DecodingCost> decoding_cost(const RenderImage& job, const OpenedPicture& opened,
                                                 const RenderSettings& settings) {
    const auto& head = opened.head;
    const bool all_frames = renders_all_frames(job);
    const auto frames = static_cast<std::uint32_t>(std::max(1, opened.frames));
    if (all_frames && frames > settings.max_frames)
        return Error{errc::image_too_many_frames}.with_limit(frames, settings.max_frames);

    const auto pixels = pixels_of(stored_size(head));
    const auto reduction = static_cast<std::uint64_t>(reduction_on_load(job, head));
    // A GIF is decoded with transparency, whether it has any or not.
    const auto bands = job.header.format == ImageFormat::gif ? 4U : static_cast<unsigned>(head.bands());
    const auto bytes_a_pixel = bands * vips_format_sizeof(head.format());

    DecodingCost cost;
    cost.frames = all_frames ? frames : 1;
    cost.bytes = std::max<std::uint64_t>(1, pixels / (reduction * reduction)) * bytes_a_pixel * cost.frames;
    if (job.header.format == ImageFormat::jpeg) {
        const auto coefficients = scans_cost(job, pixels, settings);
        if (!coefficients)
            return coefficients.error();
        cost.bytes += *coefficients;
    }
    if (job.rendition.format.value_or(job.header.format) == ImageFormat::gif)
        cost.bytes += pixels_of(target_of(job, head).shown) * gif_encoder_bytes_a_pixel;
    if (cost.bytes > settings.max_decoded_bytes)
        return too_costly(cost.bytes, settings);
    return cost;
}

} // namespace portrait::imaging
