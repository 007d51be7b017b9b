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

/// A page of 8-bit samples.
struct TiffPage {
    enum Compression : std::uint32_t { none = 1, lzw = 5, deflate = 8 };

    std::uint32_t width = 1;
    std::uint32_t height = 1;
    std::uint32_t samples = 1;
    Compression compression = none;
    std::uint32_t strips = 1;
    std::uint32_t offset = 4; ///< of the strip, or of the strips' offsets
    std::uint32_t size = 1;   ///< of the strip, or the offset of the strips' sizes
    std::uint32_t bits = 8;   ///< or the offset of all samples' bits
};

inline constexpr std::uint32_t tiff_head_size = 8;
inline constexpr std::uint32_t tiff_directory_size = 2 + 9 * 12 + 4;

/// The head of a TIFF whose first directory follows.
ByteWriter tiff_head(bool big_endian = false);

/// The directory of a page; `next` is the offset of the next one, or 0.
void write_tiff_directory(ByteWriter& out, const TiffPage& page, std::uint32_t next = 0,
                          bool big_endian = false);

} // namespace portrait::testing
