#include "readers.hpp"

// Only the info functions of three formats: no files, no floats, no SIMD. Without failure strings it writes
// to no shared memory, which makes it thread-safe.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_GIF
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_FAILURE_STRINGS
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_SIMD
#define STBI_NO_STDIO
// This warning comes after inlining, so it passes the filter for system headers, and it is wrong.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <stb_image.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <limits>

namespace portrait::probing {

std::optional<Dimensions> stb_dimensions(std::span<const std::byte> head) noexcept {
    if (head.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return std::nullopt;
    int width = 0;
    int height = 0;
    int components = 0;
    const auto* bytes = reinterpret_cast<const stbi_uc*>(head.data());
    if (stbi_info_from_memory(bytes, static_cast<int>(head.size()), &width, &height, &components) == 0)
        return std::nullopt;
    return Dimensions{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

bool stb_contradicts(std::span<const std::byte> head, Dimensions ours) noexcept {
    const auto theirs = stb_dimensions(head);
    return theirs && *theirs != ours;
}

} // namespace portrait::probing
