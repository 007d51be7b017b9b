#include "packed_zeros.hpp"

#include <portrait/testing/byte_writer.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace portrait::testing {

namespace {

/// Packs bits into bytes, from the lowest bit of each up.
class LowBitsFirst {
public:
    void put(std::uint32_t value, unsigned count) {
        for (unsigned bit = 0; bit < count; ++bit)
            put_bit((value >> bit & 1U) != 0);
    }
    std::vector<std::byte> take() {
        while (filled_ != 0)
            put_bit(false);
        return out_.take();
    }

private:
    void put_bit(bool set) {
        current_ |= (set ? 1U : 0U) << filled_;
        if (++filled_ < 8)
            return;
        out_.u8(current_);
        current_ = 0;
        filled_ = 0;
    }

    ByteWriter out_;
    unsigned current_ = 0;
    unsigned filled_ = 0;
};

/// The same from the highest bit of each byte down.
class HighBitsFirst {
public:
    void put(std::uint32_t value, unsigned count) {
        for (; count != 0; --count) {
            current_ = current_ << 1U | (value >> (count - 1) & 1U);
            if (++filled_ == 8) {
                out_.u8(current_);
                current_ = 0;
                filled_ = 0;
            }
        }
    }
    std::vector<std::byte> take() {
        while (filled_ != 0)
            put(0, 1);
        return out_.take();
    }

private:
    ByteWriter out_;
    std::uint32_t current_ = 0;
    unsigned filled_ = 0;
};

/// Codes of rising length, each one zero longer than the one before. `early`: codes get wider one code
/// earlier, as in TIFF.
template<class Bits>
std::vector<std::byte> lzw_zeros(std::uint64_t count, unsigned literal_bits, unsigned early) {
    const std::uint32_t clear = 1U << literal_bits;
    const std::uint32_t end = clear + 1;
    constexpr std::uint32_t most_codes = 4096;
    Bits bits;
    unsigned width = literal_bits + 1;
    while (count != 0) {
        bits.put(clear, width);
        width = literal_bits + 1;
        bits.put(0, width);
        --count;
        // `next` is the code that the decoder learns with the one that is written.
        for (std::uint32_t next = end + 1; count != 0 && next < most_codes - 2; ++next) {
            const std::uint64_t length = next - end + 1;
            if (length > count) { // what is left, as a code that is known already
                bits.put(count == 1 ? 0 : end + static_cast<std::uint32_t>(count) - 1, width);
                count = 0;
            } else {
                bits.put(next, width);
                count -= length;
            }
            if (next + 1 + early >= 1U << width && width < 12)
                ++width;
        }
    }
    bits.put(end, width);
    return bits.take();
}

} // namespace

std::vector<std::byte> zlib_zeros(std::uint64_t count) {
    constexpr std::uint64_t longest = 258;
    LowBitsFirst bits;
    bits.put(0x0178, 16); // zlib's head
    // One block whose own codes give a bit each to "258 bytes as before" and to "from one byte before", and
    // two bits to a zero and to the end.
    bits.put(0b101, 3);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // Lengths of the codes that tell lengths: 18 (a run of zeros) and 1 have one bit, 2 and 17 none that
    // matter.
    constexpr std::array<unsigned, 18> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1};
    for (const auto symbol : order)
        bits.put(symbol == 18 ? 1U : symbol == 1 || symbol == 2 ? 2U : 0U, 3);
    const auto run_of_absent = [&](unsigned length) { // 11 to 138
        bits.put(0, 1);
        bits.put(length - 11, 7);
    };
    const auto length_1 = [&] { bits.put(0b01, 2); };
    const auto length_2 = [&] { bits.put(0b11, 2); };
    length_2(); // a zero
    run_of_absent(138);
    run_of_absent(117);
    length_2(); // 256: the end
    run_of_absent(28);
    length_1(); // 285: 258 bytes as before
    length_1(); // of distances: from one byte before
    const auto zero = [&] { bits.put(0b01, 2); };
    const auto rest = (count - std::min<std::uint64_t>(count, 1)) % longest;
    for (std::uint64_t single = 0; single < std::min(count, rest + 1); ++single)
        zero();
    for (auto runs = count == 0 ? 0 : (count - 1) / longest; runs != 0; --runs)
        bits.put(0, 2);
    bits.put(0b11, 2);
    ByteWriter out;
    out.bytes(bits.take());
    return out.be32((count % 65521) << 16 | 1).take(); // Adler-32 of zeros
}

std::vector<std::byte> tiff_lzw_zeros(std::uint64_t count) {
    return lzw_zeros<HighBitsFirst>(count, 8, 1);
}

std::vector<std::byte> gif_lzw_zeros(std::uint64_t count) {
    constexpr unsigned literal_bits = 2;
    const auto codes = lzw_zeros<LowBitsFirst>(count, literal_bits, 0);
    ByteWriter out;
    out.u8(literal_bits);
    for (auto left = std::span{codes}; !left.empty();) {
        const auto block = left.first(std::min<std::size_t>(left.size(), 255));
        out.u8(block.size()).bytes(block);
        left = left.subspan(block.size());
    }
    return out.u8(0).take();
}

} // namespace portrait::testing
