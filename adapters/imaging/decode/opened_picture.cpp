#include "decode/decoding.hpp"
#include "decode/gif_still.hpp"
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

/// An animation for libvips; nothing for a GIF of one frame, or one that libvips can't open.
std::optional<OpenedPicture> open_animation(const RenderImage& job) {
    OpenedPicture opened{.bytes = with_whole_screen(job.bytes, job.header)};
    try {
        opened.head = open_gif_frame(opened.bytes, 0);
    } catch (const vips::VError&) {
        vips_error_clear();
        return std::nullopt;
    }
    opened.frames = frames_of(opened.head);
    if (opened.frames == 1)
        return std::nullopt;
    auto cleared = with_clear_canvas(opened.bytes, {stored_size(opened.head), opened.head.has_alpha()});
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

/// The first frame of a GIF; its head has the size alone.
OpenedPicture open_still(const RenderImage& job) {
    OpenedPicture opened{.bytes = job.bytes, .head = vips::VImage{vips_image_new()}};
    vips_image_init_fields(opened.head.get_image(), static_cast<int>(job.header.width),
                           static_cast<int>(job.header.height), 4, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1.0, 1.0);
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

OpenedPicture open_head(const RenderImage& job, bool animated) {
    auto bytes = job.bytes;
    switch (job.header.format) {
    case ImageFormat::gif: {
        auto animation = animated && renders_all_frames(job) ? open_animation(job) : std::nullopt;
        return animation ? *std::move(animation) : open_still(job);
    }
    case ImageFormat::tiff: {
        auto [image, buffer_bytes] = open_tiff(bytes);
        return {.bytes = std::move(bytes), .head = std::move(image), .buffer_bytes = buffer_bytes};
    }
    case ImageFormat::png: bytes = without_side_chunks(bytes).value_or(bytes); break;
    case ImageFormat::jpeg: bytes = without_damaged_end(bytes).value_or(bytes); break;
    }
    auto head = open_picture(bytes, job.header.format);
    return {.bytes = std::move(bytes), .head = std::move(head)};
}

vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction) {
    switch (job.header.format) {
    case ImageFormat::tiff: return opened.head;
    case ImageFormat::png: {
        auto image = with_png_colors(job.bytes, open_png_pixels(opened.bytes, job.header));
        image.set(VIPS_META_ORIENTATION, vips_image_get_orientation(opened.head.get_image()));
        return image;
    }
    case ImageFormat::jpeg: return open_picture(opened.bytes, ImageFormat::jpeg, reduction);
    case ImageFormat::gif: break;
    }
    if (opened.frames == 1)
        return open_gif_still(opened.bytes, stored_size(opened.head));
    const auto all = open_gif_frames(opened.bytes);
    return opened.inserted.empty() ? all : without_frames(all, opened.inserted);
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
