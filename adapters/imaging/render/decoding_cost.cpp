#include "render/rendering.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace portrait::imaging {
namespace {

/// Pixels of all scans of a progressive JPEG; about ten seconds of the slowest kind of scan.
constexpr std::uint64_t most_scanned_pixels = 2'000'000'000;
/// The GIF encoder's memory: the frame, its predecessor, and the palette's indices.
constexpr std::uint64_t gif_encoder_bytes_a_pixel = 9;
constexpr std::uint64_t bytes_a_scaled_pixel = 4;
/// Of a placeholder, though rows are drawn on demand: the processor's time counts, too.
constexpr std::uint64_t bytes_a_drawn_pixel = 4;

std::uint64_t pixels_of(const Size& size) {
    return static_cast<std::uint64_t>(size.width) * size.height;
}

[[nodiscard]] result<DecodingCost> within_limit(std::uint64_t bytes, const RenderSettings& settings) {
    if (bytes > settings.max_decoded_bytes)
        return Error{errc::rendition_too_costly}.with_limit(bytes, settings.max_decoded_bytes);
    return DecodingCost{.bytes = bytes};
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

namespace {

/// The largest part of the shape of the box, which is at most as large as the box.
Size largest_part(const Size& whole, const Size& box) {
    const auto of_shape = [](std::uint32_t side, std::uint32_t wanted, std::uint32_t other) {
        return static_cast<std::uint32_t>(
            std::max<long>(1, std::lround(static_cast<double>(side) * wanted / other)));
    };
    return {std::min({whole.width, box.width, of_shape(whole.height, box.width, box.height)}),
            std::min({whole.height, box.height, of_shape(whole.width, box.height, box.width)})};
}

} // namespace

Size turned(Size size, const vips::VImage& head) {
    constexpr int first_turned = 5; // of EXIF's eight values
    if (vips_image_get_orientation(head.get_image()) >= first_turned)
        std::swap(size.width, size.height);
    return size;
}

TargetSize target_size(const Size& upright, const Rendition& rendition) noexcept {
    const auto across = rendition.width ? static_cast<double>(*rendition.width) / upright.width : 1.0;
    const auto down = rendition.height ? static_cast<double>(*rendition.height) / upright.height : 1.0;
    const bool covers = rendition.width && rendition.height && rendition.fit != Fit::inside;
    const auto scale = std::min(1.0, covers ? std::max(across, down) : std::min(across, down));
    const auto scaled = [scale](std::uint32_t side) {
        return std::max(1U, static_cast<std::uint32_t>(std::lround(side * scale)));
    };
    TargetSize target;
    target.scaled = {scaled(upright.width), scaled(upright.height)};
    target.shown =
        covers ? largest_part(target.scaled, {*rendition.width, *rendition.height}) : target.scaled;
    return target;
}

TargetSize target_of(const RenderImage& job, const vips::VImage& head) {
    return target_size(turned(stored_size(head), head), job.rendition);
}

int reduction_on_load(const RenderImage& job, const vips::VImage& head) {
    if (job.header.format != ImageFormat::jpeg)
        return 1;
    const auto stored = stored_size(head);
    const auto scaled = turned(target_of(job, head).scaled, head);
    const auto shrink = std::min(stored.width / scaled.width, stored.height / scaled.height);
    return shrink >= 16 ? 8 : shrink >= 8 ? 4 : shrink >= 4 ? 2 : 1;
}

[[nodiscard]] result<DecodingCost> drawing_cost(Placeholder kind, const Rendition& rendition,
                                                const RenderSettings& settings) {
    const std::uint64_t side = placeholder_side(kind, rendition);
    const auto bytes_a_pixel =
        bytes_a_drawn_pixel + (rendition.format == ImageFormat::gif ? gif_encoder_bytes_a_pixel : 0);
    return within_limit(side * side * bytes_a_pixel, settings);
}

[[nodiscard]] result<DecodingCost> conversion_cost(const vips::VImage& head, const RenderSettings& settings) {
    // The codecs decode the whole picture, as planes first and then as pixels, and libvips copies these;
    // turning it takes a copy, too.
    const auto bands = static_cast<std::uint64_t>(head.bands());
    const std::uint64_t copies = vips_image_get_orientation(head.get_image()) == 1 ? 3 : 4;
    return within_limit(pixels_of(stored_size(head)) * bands * vips_format_sizeof(head.format()) * copies,
                        settings);
}

[[nodiscard]] result<DecodingCost> decoding_cost(const RenderImage& job, const OpenedPicture& opened,
                                                 const RenderSettings& settings) {
    const auto& head = opened.head;
    const auto frames = static_cast<std::uint32_t>(opened.frames);
    if (frames > settings.max_frames)
        return Error{errc::image_too_many_frames}.with_limit(frames, settings.max_frames);

    const auto pixels = pixels_of(stored_size(head));
    const auto reduction = static_cast<std::uint64_t>(reduction_on_load(job, head));
    // A GIF is decoded with transparency, whether it has any or not.
    const auto bands = job.header.format == ImageFormat::gif ? 4U : static_cast<unsigned>(head.bands());
    const auto bytes_a_pixel = bands * vips_format_sizeof(head.format());

    const std::uint64_t decoded = std::max<std::uint64_t>(1, pixels / (reduction * reduction));
    auto bytes = decoded * bytes_a_pixel * frames + opened.buffer_bytes;
    if (job.header.format == ImageFormat::jpeg) {
        const auto coefficients = scans_cost(job, pixels, settings);
        if (!coefficients)
            return coefficients.error();
        bytes += *coefficients;
    }
    if (job.rendition.fit != Fit::inside) // the scaled picture, of which a part is chosen
        bytes += pixels_of(target_of(job, head).scaled) * bytes_a_scaled_pixel * frames;
    if (job.rendition.format.value_or(job.header.format) == ImageFormat::gif)
        bytes += pixels_of(target_of(job, head).shown) * gif_encoder_bytes_a_pixel;
    return within_limit(bytes, settings);
}

} // namespace portrait::imaging
