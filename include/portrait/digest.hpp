#pragma once

#include <portrait/export.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace portrait {

/// XXH3-128 of a picture's bytes, in its canonical (big-endian) form. Detects accidental damage, not attacks:
/// don't use it as a key.
struct PORTRAIT_EXPORT Digest {
    std::array<std::byte, 16> bytes{};

    /// 32 lower-case hexadecimal digits.
    std::string to_string() const;

    friend bool operator==(const Digest&, const Digest&) = default;
};

/// Takes time in proportion to the size, and no memory. Thread-safe.
PORTRAIT_EXPORT Digest digest_of(std::span<const std::byte> bytes) noexcept;

} // namespace portrait
