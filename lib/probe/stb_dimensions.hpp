#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace portrait::probing {

struct Dimensions {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    friend bool operator==(const Dimensions&, const Dimensions&) = default;
};

/// A longer head is not given to stb_image.
inline constexpr std::uint64_t stb_prefix = 64ULL * 1024;

/// The dimensions that stb_image's info function reads from the head of a PNG, JPEG or GIF; absent when it
/// refuses. Decodes nothing; its memory is of fixed size (some 35 KiB) whatever the head claims. Thread-safe.
///
/// A refusal means nothing: stb_image refuses legal files (more than 2^24 pixels a side, more than 2^30
/// samples, 12 bits, two components, a marker unknown to it). Only other dimensions than ours mean something.
/// Never hand it a JPEG's DHT segment: this version writes past its tables when a segment names more than 257
/// codes.
std::optional<Dimensions> stb_dimensions(std::span<const std::byte> head) noexcept;

/// Whether stb_image reads other dimensions than these from the head.
bool stb_contradicts(std::span<const std::byte> head, Dimensions ours) noexcept;

} // namespace portrait::probing
