#pragma once

#include "../probe/byte_view.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace portrait::scrubbing {

/// An EXIF block (a TIFF structure) that holds an orientation and nothing else.
using OrientationBlock = std::array<std::byte, 26>;

/// The orientation that an EXIF block names in its first directory; absent when there is none, it isn't 2 to
/// 8, or the block is damaged. `bytes` begin with the TIFF header.
std::optional<std::uint8_t> orientation_in(probing::ByteView bytes);

/// Big-endian, so that it doesn't depend on this machine.
OrientationBlock orientation_block(std::uint8_t orientation);

} // namespace portrait::scrubbing
