#pragma once

#include <portrait/image_bytes.hpp>

#include <optional>

/// Bytes of the same picture that libvips decodes at a predictable cost.
namespace portrait::imaging {

/// The PNG without its text chunks, which no rendition has: decoders unpack each of them before they return
/// the head, and a few hundred bytes unpack to a megabyte. Nothing when there are none.
std::optional<ImageBytes> without_texts(const ImageBytes& png);

/// The TIFF with only its first page: libvips counts the others, at a cost that grows with the square of
/// their number. Nothing when there are no others.
std::optional<ImageBytes> first_page_of(const ImageBytes& tiff);

} // namespace portrait::imaging
