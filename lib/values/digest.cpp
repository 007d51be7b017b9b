#include <portrait/digest.hpp>

#ifdef PORTRAIT_XXHASH_DISPATCHES
#include <xxh_x86dispatch.h> // makes XXH3_128bits the one that chooses by the processor
#else
#include <xxhash.h>
#endif

#include <cstddef>
#include <cstring>
#include <string_view>

namespace portrait {

std::string Digest::to_string() const {
    // Not by fmt::format_to: into anything but its own buffer that compiles all of fmt here, 150 KiB of it.
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte >> 4)];
        text += digits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
    }
    return text;
}

Digest digest_of(std::span<const std::byte> bytes) noexcept {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    Digest digest;
    static_assert(sizeof canonical.digest == sizeof digest.bytes);
    std::memcpy(digest.bytes.data(), canonical.digest, sizeof canonical.digest);
    return digest;
}

} // namespace portrait
