#pragma once

#include <portrait/image_bytes.hpp>

#include <optional>

namespace portrait::imaging {

/// The TIFF with its first page as its only one: libvips counts the others, at a cost that grows with their
/// number's square. Nothing when there are none.
std::optional<ImageBytes> first_page_of(const ImageBytes& tiff);

} // namespace portrait::imaging
