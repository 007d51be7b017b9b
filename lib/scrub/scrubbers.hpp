#pragma once

#include "excision.hpp"

#include "../probe/byte_view.hpp"

#include <portrait/error.hpp>

#include <cstdint>
#include <optional>

namespace portrait::scrubbing {

/// Each cuts the metadata out of a file whose head `probe` has accepted, and gives back the orientation that
/// stays; errors as `scrub` documents them.
[[nodiscard]] result<std::optional<std::uint8_t>> scrub_jpeg(probing::ByteView bytes, Excision& excision);
[[nodiscard]] result<std::optional<std::uint8_t>> scrub_png(probing::ByteView bytes, Excision& excision);
[[nodiscard]] result<std::optional<std::uint8_t>> scrub_gif(probing::ByteView bytes, Excision& excision);

} // namespace portrait::scrubbing
