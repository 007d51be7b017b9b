#pragma once

#include "decode/target_size.hpp"

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

#include <vector>

namespace portrait::imaging {

/// A picture whose head is read and whose pixels are not.
struct OpenedPicture {
    /// The bytes that libvips decodes: the stored ones, or others of the same picture that it decodes
    /// correctly and at a predictable cost. They have to outlive every image that is made of them.
    ImageBytes bytes;
    vips::VImage head;
    int frames = 1;              ///< of the stored picture
    std::vector<int> inserted{}; ///< the numbers of the frames that were inserted; see `ClearedGif`
};

/// Throws `vips::VError`.
OpenedPicture open_head(const RenderImage& job);

/// The pixels, to be read from top to bottom. `reduction`: see `open_picture`. Throws `vips::VError`.
vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction);

/// Whether the rendition has every frame of the picture.
bool renders_all_frames(const RenderImage& job) noexcept;

/// The size of the picture, or of one of its frames, as stored in the file.
Size stored_size(const vips::VImage& head);

/// An animation of these frames.
vips::VImage joined(const std::vector<vips::VImage>& frames);

} // namespace portrait::imaging
