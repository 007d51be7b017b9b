#include "decode/decoding.hpp"

#include <algorithm>
#include <utility>

namespace portrait::imaging {
namespace {

OpenedPicture open_gif_head(const RenderImage& job) {
    OpenedPicture opened{
        .bytes = job.bytes, .head = open_picture(job.bytes, ImageFormat::gif, false), .inserted = {}};
    opened.frames = frames_of(opened.head);
    const bool all_frames = renders_all_frames(job) && opened.frames > 1;
    auto cleared =
        with_clear_canvas(job.bytes, {stored_size(opened.head), opened.head.has_alpha()}, all_frames);
    if (!cleared)
        return opened;
    auto head = open_gif_frame(cleared->bytes, cleared->inserted.front() == 0 ? 1 : 0);
    if (frames_of(head) != opened.frames + static_cast<int>(cleared->inserted.size()))
        return opened; // damaged: libvips counts other frames than we do
    opened.bytes = std::move(cleared->bytes);
    opened.inserted = std::move(cleared->inserted);
    opened.head = std::move(head);
    return opened;
}

/// The animation without the inserted frames.
vips::VImage without_frames(const vips::VImage& image, const std::vector<int>& inserted) {
    const auto size = stored_size(image);
    const auto height = static_cast<int>(size.height);
    const auto delays = image.get_array_int("delay");
    std::vector<vips::VImage> kept;
    std::vector<int> kept_delays;
    for (int frame = 0; frame < image.height() / height; ++frame) {
        if (std::binary_search(inserted.begin(), inserted.end(), frame))
            continue;
        kept.push_back(image.extract_area(0, frame * height, static_cast<int>(size.width), height));
        kept_delays.push_back(delays.at(static_cast<std::size_t>(frame)));
    }
    auto all = joined(kept);
    all.set("delay", kept_delays);
    return all;
}

} // namespace

std::optional<ImageBytes> without_texts(const ImageBytes& png) {
    constexpr std::size_t signature = 8;
    constexpr std::size_t frame = 12; // of a chunk: length, name and checksum
    const auto bytes = png.view();
    std::vector<std::byte> rest;
    std::size_t kept_from = 0;
    const auto keep_up_to = [&](std::size_t end) {
        rest.insert(rest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(kept_from),
                    bytes.begin() + static_cast<std::ptrdiff_t>(end));
    };
    for (auto at = signature; at < bytes.size() && bytes.size() - at >= frame;) {
        std::size_t length = 0;
        for (const auto byte : bytes.subspan(at, 4))
            length = length << 8 | std::to_integer<std::size_t>(byte);
        if (length > bytes.size() - at - frame) // cut off
            break;
        const auto name = png.text().substr(at + 4, 4);
        if (name == "tEXt" || name == "zTXt" || name == "iTXt") {
            keep_up_to(at);
            kept_from = at + frame + length;
        }
        at += frame + length;
    }
    if (kept_from == 0)
        return std::nullopt;
    keep_up_to(bytes.size());
    return ImageBytes{std::move(rest)};
}

std::optional<ImageBytes> first_page_of(const ImageBytes& tiff) {
    constexpr std::size_t head = 8;
    constexpr std::size_t entry = 12;
    const auto bytes = tiff.view();
    if (bytes.size() < head)
        return std::nullopt;
    const bool big_endian = bytes[0] == std::byte{'M'};
    const auto number = [&](std::size_t at, std::size_t size) {
        std::size_t value = 0;
        for (std::size_t index = 0; index < size; ++index)
            value = value << 8 |
                    std::to_integer<std::size_t>(bytes[at + (big_endian ? index : size - 1 - index)]);
        return value;
    };
    const auto directory = number(4, 4);
    if (directory + 2 > bytes.size())
        return std::nullopt;
    const auto next = directory + 2 + number(directory, 2) * entry;
    if (next + 4 > bytes.size() || number(next, 4) == 0)
        return std::nullopt;
    std::vector<std::byte> alone{bytes.begin(), bytes.end()};
    std::fill_n(alone.begin() + static_cast<std::ptrdiff_t>(next), 4, std::byte{0});
    return ImageBytes{std::move(alone)};
}

OpenedPicture open_head(const RenderImage& job) {
    auto bytes = job.bytes;
    switch (job.header.format) {
    case ImageFormat::gif: return open_gif_head(job);
    case ImageFormat::png: bytes = without_texts(bytes).value_or(bytes); break;
    case ImageFormat::tiff: bytes = first_page_of(bytes).value_or(bytes); break;
    case ImageFormat::jpeg: break;
    }
    auto head = open_picture(bytes, job.header.format, false);
    return {.bytes = std::move(bytes), .head = std::move(head), .inserted = {}};
}

vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction) {
    const bool all_frames = renders_all_frames(job) && opened.frames > 1;
    if (opened.inserted.empty())
        return open_picture(opened.bytes, job.header.format, all_frames, reduction);
    if (!all_frames)
        return open_gif_frame(opened.bytes, opened.inserted.front() == 0 ? 1 : 0);
    return without_frames(open_picture(opened.bytes, ImageFormat::gif, true), opened.inserted);
}

bool renders_all_frames(const RenderImage& job) noexcept {
    return job.header.format == ImageFormat::gif &&
           job.rendition.format.value_or(ImageFormat::gif) == ImageFormat::gif;
}

Size stored_size(const vips::VImage& head) {
    return {static_cast<std::uint32_t>(head.width()),
            static_cast<std::uint32_t>(vips_image_get_page_height(head.get_image()))};
}

vips::VImage joined(const std::vector<vips::VImage>& frames) {
    if (frames.size() == 1)
        return frames.front();
    auto all = vips::VImage::arrayjoin(frames, vips::VImage::option()->set("across", 1)).copy();
    all.set(VIPS_META_PAGE_HEIGHT, frames.front().height());
    return all;
}

} // namespace portrait::imaging
