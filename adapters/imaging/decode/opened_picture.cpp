#include "decode/decoding.hpp"
#include "decode/png_picture.hpp"
#include "decode/tiff_picture.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace portrait::imaging {
namespace {

/// The GIF with the picture's size as that of its logical screen, which may be smaller than the first frame.
ImageBytes with_whole_screen(const ImageBytes& gif, const ImageHeader& header) {
    constexpr std::size_t screen = 6; // width and height, little-endian
    const auto stated = gif.view().subspan(screen, 4);
    const std::array size{static_cast<std::byte>(header.width), static_cast<std::byte>(header.width >> 8),
                          static_cast<std::byte>(header.height), static_cast<std::byte>(header.height >> 8)};
    if (std::equal(stated.begin(), stated.end(), size.begin()))
        return gif;
    std::vector<std::byte> bytes{gif.view().begin(), gif.view().end()};
    std::copy(size.begin(), size.end(), bytes.begin() + screen);
    return ImageBytes{std::move(bytes)};
}

OpenedPicture open_gif_head(const RenderImage& job) {
    OpenedPicture opened{.bytes = with_whole_screen(job.bytes, job.header)};
    opened.head = open_picture(opened.bytes, ImageFormat::gif, false);
    opened.frames = frames_of(opened.head);
    const bool all_frames = renders_all_frames(job) && opened.frames > 1;
    auto cleared =
        with_clear_canvas(opened.bytes, {stored_size(opened.head), opened.head.has_alpha()}, all_frames);
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

OpenedPicture open_head(const RenderImage& job) {
    auto bytes = job.bytes;
    switch (job.header.format) {
    case ImageFormat::gif: return open_gif_head(job);
    case ImageFormat::tiff: {
        auto [image, buffer_bytes] = open_tiff(bytes);
        return {.bytes = std::move(bytes), .head = std::move(image), .buffer_bytes = buffer_bytes};
    }
    case ImageFormat::png: bytes = without_texts(bytes).value_or(bytes); break;
    case ImageFormat::jpeg: bytes = without_damaged_end(bytes).value_or(bytes); break;
    }
    auto head = open_picture(bytes, job.header.format, false);
    return {.bytes = std::move(bytes), .head = std::move(head)};
}

vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction) {
    if (job.header.format == ImageFormat::tiff)
        return opened.head;
    if (job.header.format == ImageFormat::png)
        return with_png_colors(opened.bytes, open_png_pixels(opened.bytes, job.header));
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
