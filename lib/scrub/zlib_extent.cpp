#include "zlib_extent.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace portrait::scrubbing {
namespace {

using State = ZlibExtent::State;

constexpr std::size_t most_length_codes = 286;
constexpr std::size_t most_distance_codes = 30;
constexpr unsigned longest_code = 15;
constexpr unsigned end_of_block = 256;

/// A canonical Huffman code.
class HuffmanCode {
public:
    /// False if the lengths are no code that zlib accepts. `may_be_single`: a code of one symbol, or none, is
    /// accepted.
    bool assign(std::span<const std::uint8_t> lengths, bool may_be_single) {
        counts_.fill(0);
        for (const auto length : lengths)
            ++counts_[length];
        counts_[0] = 0;
        int left = 1;
        unsigned longest = 0;
        std::array<std::uint16_t, longest_code + 2> offsets{};
        for (unsigned length = 1; length <= longest_code; ++length) {
            left = left * 2 - counts_[length];
            if (left < 0)
                return false;
            if (counts_[length] != 0)
                longest = length;
            offsets[length + 1] = static_cast<std::uint16_t>(offsets[length] + counts_[length]);
        }
        for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
            if (lengths[symbol] != 0)
                symbols_[offsets[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
        return left == 0 || (may_be_single && longest <= 1);
    }

    std::array<std::uint16_t, longest_code + 1> counts_{}; ///< codes of each length
    std::array<std::uint16_t, 288> symbols_{};             ///< in the order of their codes
};

class Inflation {
public:
    Inflation(std::span<const std::span<const std::byte>> pieces, std::uint64_t most_output)
        : pieces_{pieces}
        , most_output_{most_output} {}

    ZlibExtent run() {
        extent_.state = stream();
        return extent_;
    }

private:
    /// Thrown for the end of the input: it can come at any bit.
    struct CutOff {};

    State stream() {
        try {
            if (!header())
                return State::damaged;
            for (bool last = false; !last;) {
                last = bits(1) != 0;
                if (const auto state = block(bits(2)); state != State::whole)
                    return state;
            }
            kept_ = 0;
            for (int checksum = 0; checksum < 4; ++checksum)
                byte();
            return State::whole;
        } catch (const CutOff&) {
            return State::cut_off;
        }
    }

    bool header() {
        const auto method = byte();
        const auto flags = byte();
        constexpr unsigned preset_dictionary = 0x20;
        return (method & 15U) == 8 && method >> 4U <= 7 && (method * 256U + flags) % 31 == 0 &&
               (flags & preset_dictionary) == 0;
    }

    State block(unsigned type) {
        switch (type) {
        case 0: return stored_block();
        case 1: return fixed_codes() ? symbols() : State::damaged;
        case 2: {
            const auto before = extent_.output;
            if (!dynamic_codes())
                return State::damaged;
            const auto state = symbols();
            return state == State::whole && extent_.output == before ? State::too_large : state;
        }
        default: return State::damaged;
        }
    }

    State stored_block() {
        kept_ = 0;
        const unsigned length = byte() | byte() << 8U;
        const unsigned complement = byte() | byte() << 8U;
        if ((length ^ complement) != 0xffff)
            return State::damaged;
        for (unsigned left = length; left != 0; --left) {
            const auto literal = byte();
            if (!put(literal))
                return State::too_large;
        }
        return State::whole;
    }

    bool fixed_codes() {
        std::array<std::uint8_t, 288> lengths{};
        std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
        std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
        std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
        std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
        std::array<std::uint8_t, 32> distances{};
        distances.fill(5);
        return literals_.assign(lengths, false) && distances_.assign(distances, false);
    }

    bool dynamic_codes() {
        const auto length_codes = bits(5) + 257;
        const auto distance_codes = bits(5) + 1;
        const auto count = bits(4) + 4;
        if (length_codes > most_length_codes || distance_codes > most_distance_codes)
            return false;
        constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};
        std::array<std::uint8_t, 19> code_lengths{};
        for (unsigned index = 0; index < count; ++index)
            code_lengths[order[index]] = static_cast<std::uint8_t>(bits(3));
        if (!literals_.assign(code_lengths, false))
            return false;
        std::array<std::uint8_t, most_length_codes + most_distance_codes> lengths{};
        for (unsigned index = 0; index < length_codes + distance_codes;) {
            const auto symbol = decode(literals_);
            if (!symbol)
                return false;
            std::uint8_t value = 0;
            unsigned times = 1;
            if (*symbol < 16) {
                value = static_cast<std::uint8_t>(*symbol);
            } else if (*symbol == 16) {
                if (index == 0)
                    return false;
                value = lengths[index - 1];
                times = 3 + bits(2);
            } else {
                times = *symbol == 17 ? 3 + bits(3) : 11 + bits(7);
            }
            if (index + times > length_codes + distance_codes)
                return false;
            std::fill_n(lengths.begin() + index, times, value);
            index += times;
        }
        const std::span all{lengths};
        return lengths[end_of_block] != 0 && literals_.assign(all.first(length_codes), true) &&
               distances_.assign(all.subspan(length_codes, distance_codes), true);
    }

    State symbols() {
        constexpr std::array<std::uint16_t, 29> bases{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                      15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                      67, 83, 99, 115, 131, 163, 195, 227, 258};
        constexpr std::array<std::uint16_t, 30> distance_bases{
            1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
            193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
        for (;;) {
            const auto symbol = decode(literals_);
            if (!symbol)
                return State::damaged;
            if (*symbol == end_of_block)
                return State::whole;
            if (*symbol < end_of_block) {
                if (!put(*symbol))
                    return State::too_large;
                continue;
            }
            const unsigned code = *symbol - end_of_block - 1;
            if (code >= bases.size())
                return State::damaged;
            const unsigned length = bases[code] + bits(code < 8 || code == 28 ? 0 : code / 4 - 1);
            const auto distance_code = decode(distances_);
            if (!distance_code || *distance_code >= distance_bases.size())
                return State::damaged;
            const unsigned distance =
                distance_bases[*distance_code] + bits(*distance_code < 2 ? 0 : *distance_code / 2 - 1);
            if (distance > extent_.output)
                return State::damaged;
            if (!copy(length, distance))
                return State::too_large;
        }
    }

    std::optional<unsigned> decode(const HuffmanCode& huffman) {
        int code = 0;
        int first = 0;
        int index = 0;
        for (unsigned length = 1; length <= longest_code; ++length) {
            code |= static_cast<int>(bits(1));
            const int count = huffman.counts_[length];
            if (code - count < first)
                return huffman.symbols_[static_cast<std::size_t>(index + code - first)];
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        return std::nullopt;
    }

    bool put(unsigned literal) {
        if (extent_.output == most_output_)
            return false;
        if (extent_.output < extent_.head.size())
            extent_.head[static_cast<std::size_t>(extent_.output)] = static_cast<std::byte>(literal);
        ++extent_.output;
        return true;
    }

    bool copy(unsigned length, unsigned distance) {
        for (; length != 0 && extent_.output < extent_.head.size(); --length)
            if (!put(std::to_integer<unsigned>(
                    extent_.head[static_cast<std::size_t>(extent_.output) - distance])))
                return false;
        if (length > most_output_ - extent_.output)
            return false;
        extent_.output += length;
        return true;
    }

    unsigned bits(unsigned count) {
        while (kept_ < count) {
            buffer_ |= std::uint64_t{byte()} << kept_;
            kept_ += 8;
        }
        const auto value = static_cast<unsigned>(buffer_ & ((1U << count) - 1));
        buffer_ >>= count;
        kept_ -= count;
        if (kept_ == 0)
            buffer_ = 0;
        return value;
    }

    unsigned byte() {
        while (!pieces_.empty() && at_ == pieces_.front().size()) {
            pieces_ = pieces_.subspan(1);
            at_ = 0;
        }
        if (pieces_.empty())
            throw CutOff{};
        ++extent_.bytes;
        if (kept_ == 0)
            buffer_ = 0;
        return std::to_integer<unsigned>(pieces_.front()[at_++]);
    }

    std::span<const std::span<const std::byte>> pieces_;
    std::size_t at_ = 0;
    std::uint64_t most_output_;
    std::uint64_t buffer_ = 0;
    unsigned kept_ = 0; ///< bits in the buffer
    HuffmanCode literals_;
    HuffmanCode distances_;
    ZlibExtent extent_;
};

} // namespace

ZlibExtent zlib_extent(std::span<const std::span<const std::byte>> pieces, std::uint64_t most_output) {
    return Inflation{pieces, most_output}.run();
}

} // namespace portrait::scrubbing
