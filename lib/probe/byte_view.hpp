#pragma once

#include <boost/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace portrait::probing {

/// Untrusted bytes and the numbers in them. Offsets are 64 bits wide, so that lengths from a file can be
/// added without overflow. Call `has` before each read.
class ByteView {
public:
    explicit ByteView(std::span<const std::byte> bytes) noexcept
        : bytes_{bytes} {}

    std::uint64_t size() const noexcept { return bytes_.size(); }

    /// Whether `count` bytes exist from `offset` on.
    bool has(std::uint64_t offset, std::uint64_t count) const noexcept {
        return offset <= size() && count <= size() - offset;
    }

    std::uint8_t u8(std::uint64_t offset) const noexcept {
        BOOST_ASSERT(has(offset, 1));
        return std::to_integer<std::uint8_t>(bytes_[static_cast<std::size_t>(offset)]);
    }
    std::uint16_t be16(std::uint64_t offset) const noexcept {
        return static_cast<std::uint16_t>(u8(offset) << 8 | u8(offset + 1));
    }
    std::uint16_t le16(std::uint64_t offset) const noexcept {
        return static_cast<std::uint16_t>(u8(offset + 1) << 8 | u8(offset));
    }
    std::uint32_t be32(std::uint64_t offset) const noexcept {
        return static_cast<std::uint32_t>(be16(offset)) << 16 | be16(offset + 2);
    }
    std::uint32_t le32(std::uint64_t offset) const noexcept {
        return static_cast<std::uint32_t>(le16(offset + 2)) << 16 | le16(offset);
    }

    std::span<const std::byte> part(std::uint64_t offset, std::uint64_t count) const noexcept {
        BOOST_ASSERT(has(offset, count));
        return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
    }
    /// The bytes as characters.
    std::string_view text(std::uint64_t offset, std::uint64_t count) const noexcept {
        const auto bytes = part(offset, count);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    /// Whether all of `expected` is at `offset`.
    bool matches(std::uint64_t offset, std::string_view expected) const noexcept {
        return has(offset, expected.size()) && text(offset, expected.size()) == expected;
    }
    /// Whether the bytes from `offset` on are `expected` or its beginning.
    bool begins_to_match(std::uint64_t offset, std::string_view expected) const noexcept {
        if (offset > size())
            return true;
        const auto there = expected.substr(0, static_cast<std::size_t>(size() - offset));
        return text(offset, there.size()) == there;
    }

private:
    std::span<const std::byte> bytes_;
};

} // namespace portrait::probing
