#pragma once

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

/// Opening and decoding of each format; functions that make images throw `vips::VError`.
namespace portrait::imaging {

/// Pixels.
struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Size&, const Size&) = default;
};

/// Starts libvips for the process, once; throws `std::runtime_error` when that fails.
void start_vips();

struct Unreference {
    void operator()(VipsBlob* blob) const noexcept { vips_area_unref(VIPS_AREA(blob)); }
};
using BlobReference = std::unique_ptr<VipsBlob, Unreference>;

/// A blob that doesn't own its bytes.
BlobReference reference_to(const ImageBytes& bytes);

/// The loaders' option for rows that are read once, in order.
vips::VOption* from_top_to_bottom();

/// The option of operations on alpha for the image's format, 8 or 16 bits.
vips::VOption* with_max_alpha(const vips::VImage& image);

/// A JPEG or PNG with its head read and its pixels not. `reduction`: the factor (1, 2, 4 or 8) by which the
/// codec shrinks a JPEG. The bytes have to outlive the image.
vips::VImage open_picture(const ImageBytes& bytes, ImageFormat format, int reduction = 1);

/// As `open_picture`, for one frame of a GIF, counted from 0, or for all.
vips::VImage open_gif_frame(const ImageBytes& bytes, int frame);
vips::VImage open_gif_frames(const ImageBytes& bytes);

/// The picture's number of frames, whether or not they were opened.
int frames_of(const vips::VImage& image);

/// A picture whose head is read and whose pixels are not.
struct OpenedPicture {
    /// The bytes that libvips decodes: the stored ones, or others of the same picture that it decodes
    /// correctly and at a predictable cost. They have to outlive every image that is made of them.
    ImageBytes bytes;
    vips::VImage head{};
    int frames = 1;                 ///< that the rendition has
    std::vector<int> inserted{};    ///< the numbers of the frames that were inserted; see `ClearedGif`
    std::uint64_t buffer_bytes = 0; ///< the decoder's memory beside the pixels
};

/// Reads the head. `animated`: with all frames of an animation, if the rendition has them.
OpenedPicture open_head(const RenderImage& job, bool animated = true);

/// The pixels, to be read from top to bottom. `reduction`: see `open_picture`.
vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction);

/// Whether the rendition has every frame of the picture.
bool renders_all_frames(const RenderImage& job) noexcept;

/// The size of the picture, or of one of its frames, as stored in the file.
Size stored_size(const vips::VImage& head);

/// An animation of these frames.
vips::VImage joined(const std::vector<vips::VImage>& frames);

/// A GIF with inserted frames that show nothing.
struct ClearedGif {
    ImageBytes bytes;
    std::vector<int> inserted; ///< the numbers of those frames, from 0, ascending
};

/// A GIF's head as read by libvips.
struct GifHead {
    Size canvas;
    bool is_transparent = false;
};

/// Inserts frames where libvips would draw an animation's canvas wrongly.
///
/// The canvas that no frame has painted, or that a frame of disposal "background" has cleared, is transparent
/// in every browser. libvips makes it black in a picture without a transparent colour, or paints it with the
/// background colour when the clearing frame has no transparent colour; and it shows only the first frame's
/// part of canvases that are large or of a screen's size. Inserted frames, empty and with a transparent
/// colour, make it use and clear the whole canvas; their memory is negligible.
///
/// Nothing when libvips draws the GIF correctly, and when the GIF is too damaged to tell.
std::optional<ClearedGif> with_clear_canvas(const ImageBytes& gif, const GifHead& head);

/// The scans of a JPEG.
struct JpegScans {
    std::uint32_t scans = 0; ///< of the picture itself, not of thumbnails within segments
    /// The memory for the coefficients of the whole picture in libjpeg; 0 when one scan has all of them.
    std::uint64_t coefficient_bytes = 0;
    /// The offset of the first segment behind a scan that is cut off or that libjpeg refuses.
    std::optional<std::size_t> damaged_at{};
};

/// Walks the segments up to the end of the picture, or of the bytes.
JpegScans jpeg_scans(std::span<const std::byte> bytes);

/// The JPEG up to the first damaged segment behind a scan, for which libjpeg would drop all scans; browsers
/// show those before it. Nothing when there is none.
std::optional<ImageBytes> without_damaged_end(const ImageBytes& jpeg);

} // namespace portrait::imaging
