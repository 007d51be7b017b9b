#include "decode/jpeg_scans.hpp"

#include <algorithm>
#include <cstring>

namespace portrait::imaging {

namespace {

constexpr std::uint64_t block_side = 8;
constexpr std::uint64_t bytes_a_block = block_side * block_side * 2;

class JpegWalk {
public:
    explicit JpegWalk(std::span<const std::byte> bytes)
        : bytes_{bytes} {}

    JpegScans walk() {
        std::size_t at = 2; // behind SOI
        while (next_marker(at)) {
            const auto marker = number(at + 1, 1);
            if (marker == 0xD9) // EOI
                break;
            if (stands_alone(marker)) {
                at += 2;
                continue;
            }
            const auto length = at + 4 <= bytes_.size() ? number(at + 2, 2) : 0;
            if (length < 2 || at + 2 + length > bytes_.size())
                break;
            segment(marker, bytes_.subspan(at + 4, length - 2));
            at += 2 + length;
        }
        return {scans_, scans_ > 1 || partial_ || progressive_ ? coefficient_bytes_ : 0};
    }

private:
    static bool stands_alone(std::size_t marker) {
        return marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8) || marker == 0xFF;
    }

    std::size_t number(std::size_t at, std::size_t size) const { return number_in(bytes_, at, size); }

    static std::size_t number_in(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
        std::size_t value = 0;
        for (const auto byte : bytes.subspan(at, size))
            value = value << 8 | std::to_integer<std::size_t>(byte);
        return value;
    }

    /// Compressed data between segments is passed over.
    bool next_marker(std::size_t& at) const {
        if (at >= bytes_.size())
            return false;
        const auto* const found =
            static_cast<const std::byte*>(std::memchr(bytes_.data() + at, 0xFF, bytes_.size() - at));
        if (found == nullptr || found + 1 >= bytes_.data() + bytes_.size())
            return false;
        at = static_cast<std::size_t>(found - bytes_.data());
        return true;
    }

    void segment(std::size_t marker, std::span<const std::byte> content) {
        const bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame && content.size() >= 6 && components_ == 0) {
            progressive_ = marker == 0xC2 || marker == 0xCA;
            frame_header(content);
        } else if (marker == 0xDA && !content.empty()) {
            ++scans_;
            partial_ = partial_ || number_in(content, 0, 1) < components_;
        }
    }

    void frame_header(std::span<const std::byte> content) {
        const std::uint64_t height = number_in(content, 1, 2);
        const std::uint64_t width = number_in(content, 3, 2);
        components_ = number_in(content, 5, 1);
        std::uint64_t most_across = 1;
        std::uint64_t most_down = 1;
        std::uint64_t blocks_a_unit = 0;
        for (std::size_t at = 6; at + 3 <= content.size() && at < 6 + components_ * 3; at += 3) {
            const auto across = number_in(content, at + 1, 1) >> 4;
            const auto down = number_in(content, at + 1, 1) & 15;
            most_across = std::max<std::uint64_t>(most_across, across);
            most_down = std::max<std::uint64_t>(most_down, down);
            blocks_a_unit += across * down;
        }
        const auto units = [](std::uint64_t side, std::uint64_t factor) {
            return side / (block_side * factor) + 1;
        };
        coefficient_bytes_ =
            units(width, most_across) * units(height, most_down) * blocks_a_unit * bytes_a_block;
    }

    std::span<const std::byte> bytes_;
    std::size_t components_ = 0;
    std::uint32_t scans_ = 0;
    std::uint64_t coefficient_bytes_ = 0;
    bool partial_ = false;
    bool progressive_ = false;
};

} // namespace

JpegScans jpeg_scans(std::span<const std::byte> bytes) {
    return bytes.size() < 4 ? JpegScans{} : JpegWalk{bytes}.walk();
}

} // namespace portrait::imaging
