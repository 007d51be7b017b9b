#include <portrait/testing/byte_writer.hpp>

// Out of line, because GCC 12 warns of overflows that cannot be when vector's insert is inlined into tests.
namespace portrait::testing {

ByteWriter& ByteWriter::u8(std::uint64_t value) {
    bytes_.push_back(static_cast<std::byte>(value & 0xff));
    return *this;
}

ByteWriter& ByteWriter::text(std::string_view text) {
    return bytes(std::as_bytes(std::span{text}));
}

ByteWriter& ByteWriter::bytes(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
}

ByteWriter& ByteWriter::fill(std::size_t count, std::uint8_t value) {
    bytes_.insert(bytes_.end(), count, static_cast<std::byte>(value));
    return *this;
}

} // namespace portrait::testing
