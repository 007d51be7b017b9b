#pragma once

#include "decode/target_size.hpp"

#include <portrait/image_renderer.hpp>

#include <vips/vips8>

#include <vector>

namespace portrait::imaging {

/// A picture with its head read and none of its pixels.
struct OpenedPicture {
    /// What libvips decodes: the stored bytes, or others that show the same and that it decodes rightly and
    /// at a cost that can be told. They have to outlive every image that is made of them.
    ImageBytes bytes;
    vips::VImage head;
    int frames = 1;          ///< that the picture has
    std::vector<int> put_in; ///< the numbers of frames that `bytes` has beside those; see `ClearedGif`
};

/// Throws `vips::VError`.
OpenedPicture open_head(const RenderImage& job);

/// The pixels, to be read from top to bottom. `reduction`: see `open_picture`. Throws `vips::VError`.
vips::VImage open_pixels(const RenderImage& job, const OpenedPicture& opened, int reduction);

/// Whether every frame of the picture goes into the rendition.
bool renders_all_frames(const RenderImage& job) noexcept;

/// The size of the picture, or of one of its frames, as it lies in the file.
Size stored_size(const vips::VImage& head);

/// An animation of these frames.
vips::VImage joined(const std::vector<vips::VImage>& frames);

} // namespace portrait::imaging
