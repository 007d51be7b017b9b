#include <portrait/digest.hpp>

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <iterator>

namespace portrait {

std::string Digest::to_string() const {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes)
        fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(byte));
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
