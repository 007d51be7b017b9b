#include "picture_parts.hpp"

#include <portrait/testing/pictures.hpp>

#include <algorithm>
#include <array>
#include <cstring>

// Out of line, because GCC 12 warns of impossible overflows when vector's insert is inlined into tests.
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

std::uint64_t Noise::next() {
    state_ += 0x9e37'79b9'7f4a'7c15;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31);
}

void Noise::fill(std::span<std::byte> place) {
    while (!place.empty()) {
        const auto word = next();
        const auto count = std::min(place.size(), sizeof word);
        std::memcpy(place.data(), &word, count);
        place = place.subspan(count);
    }
}

void BitWriter::put(std::uint32_t value, unsigned count) {
    for (unsigned bit = 0; bit < count; ++bit)
        put_bit(value >> (order_ == Order::low_first ? bit : count - 1 - bit) & 1U);
}

void BitWriter::put_bit(unsigned bit) {
    current_ |= bit << (order_ == Order::low_first ? filled_ : 7 - filled_);
    if (++filled_ < 8)
        return;
    out_.u8(current_);
    if (current_ == 0xff && order_ == Order::high_first_stuffed)
        out_.u8(0);
    current_ = 0;
    filled_ = 0;
}

Bytes BitWriter::take() {
    while (filled_ != 0)
        put_bit(order_ == Order::high_first_stuffed ? 1 : 0);
    return out_.take();
}

Bytes png_of(std::uint32_t width, std::uint32_t height, std::uint8_t color_type,
             std::span<const std::byte> pixels, std::span<const std::byte> chunks_before_pixels) {
    ByteWriter header;
    header.be32(width).be32(height).u8(8).u8(color_type).u8(0).u8(0).u8(0);
    ByteWriter out;
    out.text({"\x89PNG\r\n\x1a\n", 8})
        .bytes(make_png_chunk("IHDR", header.view()))
        .bytes(chunks_before_pixels);
    return out.bytes(make_png_chunk("IDAT", pixels)).bytes(make_png_chunk("IEND")).take();
}

Bytes gif_data(std::uint8_t code_size, std::span<const std::byte> codes) {
    ByteWriter out;
    out.u8(code_size);
    while (!codes.empty()) {
        const auto block = codes.first(std::min<std::size_t>(codes.size(), 255));
        out.u8(block.size()).bytes(block);
        codes = codes.subspan(block.size());
    }
    return out.u8(0).take();
}

ByteWriter tiff_head(bool big_endian) {
    ByteWriter out;
    out.text(big_endian ? "MM" : "II").u16(42, big_endian);
    return out.u32(tiff_head_size, big_endian);
}

void write_tiff_directory(ByteWriter& out, const TiffPage& page, std::uint32_t next, bool big_endian) {
    const std::array<std::array<std::uint32_t, 3>, 9> fields{{{256, 1, page.width},
                                                              {257, 1, page.height},
                                                              {258, page.samples, page.bits},
                                                              {259, 1, page.compression},
                                                              {262, 1, page.samples > 1 ? 2U : 1U},
                                                              {273, page.strips, page.offset},
                                                              {277, 1, page.samples},
                                                              {278, 1, page.height / page.strips},
                                                              {279, page.strips, page.size}}};
    out.u16(fields.size(), big_endian);
    for (const auto& [tag, count, value] : fields)
        out.u16(tag, big_endian).u16(4, big_endian).u32(count, big_endian).u32(value, big_endian); // LONG
    out.u32(next, big_endian);
}

} // namespace portrait::testing
