#pragma once

#include <portrait/upload_converter.hpp>

#include <vips/vips8>

namespace portrait::imaging {

/// Lets libvips decode these formats; throws `std::runtime_error` if it can't.
void allow_conversion_of(ConvertibleFormats formats);

/// Whether its colours are those of a brighter screen, which a JPEG or PNG can't have.
bool has_high_dynamic_range(const UploadedImage& upload);

/// The first frame, with its head read and its pixels not. A HEIC or AVIF picture is upright already, and has
/// a profile if its colours are coded by numbers. The bytes have to outlive the image. Throws `vips::VError`.
vips::VImage open_convertible(const UploadedImage& upload);

} // namespace portrait::imaging
