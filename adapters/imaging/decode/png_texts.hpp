#pragma once

#include <portrait/image_bytes.hpp>

#include <optional>

namespace portrait::imaging {

/// The PNG without its chunks of text, which no rendition has: the libraries unpack each of them before they
/// show a head, and a few hundred bytes unpack to a megabyte. Nothing when there are none.
std::optional<ImageBytes> without_texts(const ImageBytes& png);

} // namespace portrait::imaging
