#include "picture_parts.hpp"

#include <algorithm>
#include <array>

namespace portrait::testing {
namespace {

/// Codes of rising length, each for one zero more than its predecessor. `early` is 1 in TIFF, where codes get
/// wider one code earlier.
Bytes lzw_zeros(BitWriter bits, std::uint64_t count, unsigned literal_bits, unsigned early) {
    const std::uint32_t clear = 1U << literal_bits;
    const std::uint32_t end = clear + 1;
    constexpr std::uint32_t most_codes = 4096;
    unsigned width = literal_bits + 1;
    while (count != 0) {
        bits.put(clear, width);
        width = literal_bits + 1;
        bits.put(0, width);
        --count;
        // `next` is the code that the decoder learns from the written one.
        for (std::uint32_t next = end + 1; count != 0 && next < most_codes - 2; ++next) {
            const std::uint64_t length = next - end + 1;
            if (length > count) { // the rest, as a code that is known already
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

Bytes zlib_zeros(std::uint64_t count) {
    constexpr std::uint64_t longest = 258;
    BitWriter bits{BitWriter::Order::low_first};
    bits.put(0x0178, 16); // zlib's head
    // One block whose own codes give a bit each to "258 bytes as before" and to "from one byte before", and
    // two bits to a zero and to the end.
    bits.put(0b101, 3);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // Lengths of the codes for lengths: one bit for 18 (a run of zeros), two bits for 1 and 2.
    constexpr std::array<unsigned, 18> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1};
    for (const auto symbol : order)
        bits.put(symbol == 18 ? 1U : symbol == 1 || symbol == 2 ? 2U : 0U, 3);
    const auto run_of_absent = [&](unsigned length) { // 11 to 138
        bits.put(0, 1);
        bits.put(length - 11, 7);
    };
    constexpr std::uint32_t length_1 = 0b01;
    constexpr std::uint32_t length_2 = 0b11;
    bits.put(length_2, 2); // a zero
    run_of_absent(138);
    run_of_absent(117);
    bits.put(length_2, 2); // 256: the end
    run_of_absent(28);
    bits.put(length_1, 2); // 285: 258 bytes as before
    bits.put(length_1, 2); // of distances: from one byte before
    const auto rest = (count - std::min<std::uint64_t>(count, 1)) % longest;
    for (std::uint64_t single = 0; single < std::min(count, rest + 1); ++single)
        bits.put(0b01, 2);
    for (auto runs = count == 0 ? 0 : (count - 1) / longest; runs != 0; --runs)
        bits.put(0, 2);
    bits.put(0b11, 2);
    ByteWriter out;
    out.bytes(bits.take());
    return out.be32((count % 65521) << 16 | 1).take(); // Adler-32 of zeros
}

Bytes tiff_lzw_zeros(std::uint64_t count) {
    return lzw_zeros(BitWriter{BitWriter::Order::high_first}, count, 8, 1);
}

Bytes gif_lzw_zeros(std::uint64_t count) {
    constexpr std::uint8_t code_size = 2;
    return gif_data(code_size, lzw_zeros(BitWriter{BitWriter::Order::low_first}, count, code_size, 0));
}

} // namespace portrait::testing
