#pragma once

#include <portrait/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::testing {

/// Writes the numbers and texts of picture files, in either byte order.
class PORTRAIT_EXPORT ByteWriter {
public:
    ByteWriter& u8(std::uint64_t value);
    ByteWriter& be16(std::uint64_t value) { return u8(value >> 8).u8(value); }
    ByteWriter& be32(std::uint64_t value) { return be16(value >> 16).be16(value); }
    ByteWriter& le16(std::uint64_t value) { return u8(value).u8(value >> 8); }
    ByteWriter& le32(std::uint64_t value) { return le16(value).le16(value >> 16); }
    ByteWriter& u16(std::uint64_t value, bool big_endian) { return big_endian ? be16(value) : le16(value); }
    ByteWriter& u32(std::uint64_t value, bool big_endian) { return big_endian ? be32(value) : le32(value); }
    ByteWriter& text(std::string_view text);
    ByteWriter& bytes(std::span<const std::byte> bytes);
    ByteWriter& fill(std::size_t count, std::uint8_t value = 0);

    std::size_t size() const { return bytes_.size(); }
    const std::vector<std::byte>& view() const { return bytes_; }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

} // namespace portrait::testing
