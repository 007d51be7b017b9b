#include "decoding_cost.hpp"

#include "vips_library.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace portrait::imaging {

namespace {

/// How many times smaller the rendition is, in the direction that decides.
double shrink_of(const Rendition& rendition, int width, int height) {
    double across = 1;
    double down = 1;
    if (rendition.width)
        across = static_cast<double>(width) / *rendition.width;
    if (rendition.height)
        down = static_cast<double>(height) / *rendition.height;
    if (rendition.width && rendition.height && rendition.fit == Fit::cover)
        return std::max(1.0, std::min(across, down));
    return std::max({1.0, across, down});
}

/// libjpeg's own reduction, as libvips picks it, or less.
std::uint64_t reduction_on_load(const RenderImage& job, int width, int height) {
    if (job.header.format != ImageFormat::jpeg)
        return 1;
    // Either side may be the wanted one: an orientation may turn the picture.
    const auto shrink =
        std::min(shrink_of(job.rendition, width, height), shrink_of(job.rendition, height, width));
    return shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
}

std::uint32_t scans_of(std::span<const std::byte> bytes) {
    constexpr std::byte start_of_scan{0xDA};
    std::uint32_t scans = 0;
    const auto* const end = bytes.data() + bytes.size();
    for (const auto* at = bytes.data(); at < end;) {
        const auto* const marker =
            static_cast<const std::byte*>(std::memchr(at, 0xFF, static_cast<std::size_t>(end - at)));
        if (marker == nullptr || marker + 1 >= end)
            break;
        scans += marker[1] == start_of_scan ? 1 : 0;
        at = marker + 1;
    }
    return scans;
}

/// The coefficients, which libjpeg keeps of the whole picture when it comes in several scans.
std::uint64_t coefficient_bytes(const vips::VImage& head, std::uint64_t pixels) {
    constexpr std::uint64_t bytes_a_coefficient = 2;
    const bool subsampled = head.get_typeof("jpeg-chroma-subsample") != 0 &&
                            std::string{head.get_string("jpeg-chroma-subsample")} == "4:2:0";
    const auto bands = static_cast<std::uint64_t>(head.bands());
    return subsampled && bands == 3 ? pixels * 3 / 2 * bytes_a_coefficient
                                    : pixels * bands * bytes_a_coefficient;
}

} // namespace

bool renders_all_frames(const RenderImage& job) noexcept {
    return job.header.format == ImageFormat::gif &&
           job.rendition.format.value_or(ImageFormat::gif) == ImageFormat::gif;
}

result<DecodingCost> decoding_cost(const RenderImage& job, const vips::VImage& head,
                                   const RenderSettings& settings) {
    const bool all_frames = renders_all_frames(job);
    const auto frames = static_cast<std::uint32_t>(std::max(1, frames_of(head)));
    if (all_frames && frames > settings.max_frames)
        return Error{errc::image_too_many_frames}.with_limit(frames, settings.max_frames);

    const auto width = head.width();
    const auto height = head_number(head, VIPS_META_PAGE_HEIGHT) > 1
                            ? head_number(head, VIPS_META_PAGE_HEIGHT)
                            : head.height();
    const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
    const auto reduction = reduction_on_load(job, width, height);
    const auto bytes_a_pixel = static_cast<std::uint64_t>(head.bands()) * vips_format_sizeof(head.format());

    DecodingCost cost;
    cost.frames = all_frames ? frames : 1;
    cost.bytes = std::max<std::uint64_t>(1, pixels / (reduction * reduction)) * bytes_a_pixel * cost.frames;
    if (job.header.format == ImageFormat::jpeg) {
        const auto scans = scans_of(job.bytes);
        if (job.header.progressive && scans > settings.max_scans)
            return Error{errc::rendition_too_costly,
                         "The picture has too many scans to be scaled or converted"}
                .with_limit(scans, settings.max_scans);
        if (job.header.progressive || scans > 1)
            cost.bytes += coefficient_bytes(head, pixels);
    }
    if (cost.bytes > settings.max_decoded_bytes)
        return Error{errc::rendition_too_costly}.with_limit(cost.bytes, settings.max_decoded_bytes);
    return cost;
}

} // namespace portrait::imaging
