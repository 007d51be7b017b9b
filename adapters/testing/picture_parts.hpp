#pragma once

#include <portrait/testing/byte_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace portrait::testing {

using Bytes = std::vector<std::byte>;

/// A generator of numbers (SplitMix64), equal on every machine.
class Noise {
public:
    explicit Noise(std::uint64_t seed)
        : state_{seed} {}

    std::uint64_t next();
    void fill(std::span<std::byte> place);

private:
    std::uint64_t state_;
};

/// Packs bits into bytes.
class BitWriter {
public:
    enum class Order {
        low_first,  ///< the first bit is the lowest of its byte
        high_first, ///< the first bit is the highest of its byte; the bits of a number, too, come from the
                    ///< highest
        high_first_stuffed, ///< as above, with a zero behind each 0xFF: a JPEG's scan
    };

    explicit BitWriter(Order order)
        : order_{order} {}

    void put(std::uint32_t value, unsigned count);
    /// Fills the last byte with zeros, or with ones in a JPEG's scan.
    Bytes take();

private:
    void put_bit(unsigned bit);

    Order order_;
    ByteWriter out_;
    unsigned current_ = 0;
    unsigned filled_ = 0;
};

/// A whole PNG of 8 bits a sample, without filters and interlace; `pixels` is a zlib stream.
Bytes png_of(std::uint32_t width, std::uint32_t height, std::uint8_t color_type,
             std::span<const std::byte> pixels, std::span<const std::byte> chunks_before_pixels = {});

/// A GIF's compressed data: the code size, and the codes in blocks up to their end.
Bytes gif_data(std::uint8_t code_size, std::span<const std::byte> codes);

/// A zlib stream of so many zeros, a thousandth of their size.
Bytes zlib_zeros(std::uint64_t count);

/// So many zeros in TIFF's LZW.
Bytes tiff_lzw_zeros(std::uint64_t count);

/// So many zeros as a GIF's compressed data, with codes for 4 colours.
Bytes gif_lzw_zeros(std::uint64_t count);

} // namespace portrait::testing
