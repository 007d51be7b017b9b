#pragma once

#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Starts libvips for the process, once; throws `std::runtime_error` when that fails.
void start_vips();

/// The picture with its head read and its pixels not. `all_frames`: all frames of an animation, not only the
/// first. `reduction`: the factor (1, 2, 4 or 8) by which the codec shrinks a JPEG. The bytes have to outlive
/// the image. Throws `vips::VError`.
vips::VImage open_picture(const ImageBytes& bytes, ImageFormat format, bool all_frames, int reduction = 1);

/// As `open_picture`, for one frame of a GIF, counted from 0.
vips::VImage open_gif_frame(const ImageBytes& bytes, int frame);

/// The picture's number of frames, whether or not they were opened.
int frames_of(const vips::VImage& image);

} // namespace portrait::imaging
