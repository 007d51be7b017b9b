#pragma once

#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Sets libvips up for the process, once; throws `std::runtime_error` when it doesn't start.
void start_vips();

/// The picture with its head read and none of its pixels. `all_frames`: of an animation, not the first only.
/// `reduction`: how many times smaller the codec is to make a JPEG, 1, 2, 4 or 8. The bytes have to outlive
/// the image. Throws `vips::VError`.
vips::VImage open_picture(const ImageBytes& bytes, ImageFormat format, bool all_frames, int reduction = 1);

/// The same of a GIF, with one frame of it, from 0.
vips::VImage open_gif_frame(const ImageBytes& bytes, int frame);

/// A number of the head, or 1 where it has none.
int head_number(const vips::VImage& image, const char* name);

/// The frames that the picture has, whether or not they were opened.
int frames_of(const vips::VImage& image);

} // namespace portrait::imaging
