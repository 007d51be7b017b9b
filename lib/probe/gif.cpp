#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portrait::probing {
namespace {

std::uint16_t bits_of_table(std::uint8_t flags) {
    return static_cast<std::uint16_t>((flags & 7U) + 1U);
}

/// Walks over the blocks before the first frame.
class BlockWalk {
public:
    BlockWalk(ByteView bytes, std::uint64_t position)
        : bytes_{bytes}
        , position_{position} {}

    /// Walks to the first image descriptor and completes the header.
    [[nodiscard]] result<void> to_first_frame(ImageHeader& header) {
        for (;;) {
            if (!budget_.step(2))
                return out_of_budget("GIF", "first frame");
            if (!bytes_.has(position_, 1))
                return truncated("GIF's first frame", bytes_, position_ + 1);
            const auto introducer = bytes_.u8(position_);
            if (introducer == 0x2c)
                return read_descriptor(header);
            if (introducer == 0x21) {
                if (auto skipped = skip_extension(header); !skipped)
                    return skipped;
            } else if (introducer == 0) {
                ++position_; // a spare block terminator, which some encoders write and decoders skip
            } else if (introducer == 0x3b) {
                return corrupt("The GIF ends without a frame");
            } else {
                return corrupt(
                    fmt::format("The GIF has the unknown block 0x{:02X} before its first frame", introducer));
            }
        }
    }

private:
    [[nodiscard]] result<void> read_descriptor(ImageHeader& header) {
        if (!bytes_.has(position_, gif_descriptor_size))
            return truncated("GIF's first frame", bytes_, position_ + gif_descriptor_size);
        extend(header);
        const auto flags = bytes_.u8(position_ + 9);
        if ((flags & gif_table_flag) != 0)
            header.bits_per_sample = bits_of_table(flags);
        return {};
    }

    /// Viewers enlarge the screen to the first frame, and give a frame without a side the screen's.
    void extend(ImageHeader& header) const {
        const std::uint32_t width = bytes_.le16(position_ + 5);
        const std::uint32_t height = bytes_.le16(position_ + 7);
        if (width == 0 || height == 0)
            return;
        header.width = std::max(header.width, bytes_.le16(position_ + 1) + width);
        header.height = std::max(header.height, bytes_.le16(position_ + 3) + height);
    }

    [[nodiscard]] result<void> skip_extension(ImageHeader& header) {
        if (!bytes_.has(position_, 3))
            return truncated("GIF's extension block", bytes_, position_ + 3);
        const bool application = bytes_.u8(position_ + 1) == 0xff;
        if (application && budget_.look(12) &&
            (bytes_.matches(position_ + 2, "\x0bNETSCAPE2.0") ||
             bytes_.matches(position_ + 2, "\x0b"
                                           "ANIMEXTS1.0")))
            header.animated = true;
        for (position_ += 2;;) {
            if (!budget_.step(1))
                return out_of_budget("GIF", "first frame");
            if (!bytes_.has(position_, 1))
                return truncated("GIF's extension block", bytes_, position_ + 1);
            const std::uint64_t length = bytes_.u8(position_);
            position_ += 1 + length;
            if (length == 0)
                return {};
        }
    }

    ByteView bytes_;
    std::uint64_t position_;
    Budget budget_;
};

} // namespace

[[nodiscard]] result<ImageHeader> read_gif(ByteView bytes) {
    if (!bytes.has(0, gif_screen_end))
        return truncated("GIF's logical screen descriptor", bytes, gif_screen_end);
    ImageHeader header{.format = ImageFormat::gif,
                       .width = bytes.le16(6),
                       .height = bytes.le16(8),
                       .samples = 1,
                       .color = ColorModel::palette};
    const Dimensions screen{header.width, header.height};
    auto position = gif_screen_end;
    const auto flags = bytes.u8(10);
    if ((flags & gif_table_flag) != 0) {
        header.bits_per_sample = bits_of_table(flags);
        position += std::uint64_t{3} << header.bits_per_sample;
        if (!bytes.has(0, position))
            return truncated("GIF's global colour table", bytes, position);
    }
    if (auto walked = BlockWalk{bytes, position}.to_first_frame(header); !walked)
        return walked.error();
    if (header.width == 0 || header.height == 0)
        return zero_dimension("GIF", header.width, header.height);
    constexpr std::uint32_t largest_side = 65'535;
    if (header.width > largest_side || header.height > largest_side)
        return corrupt(
            fmt::format("The GIF's first frame reaches to {} x {} pixels; at most {} a side fit a GIF",
                        header.width, header.height, largest_side));
    if (stb_contradicts(bytes.part(0, gif_screen_end), screen))
        return corrupt("The GIF's dimensions can be read in two ways");
    return header;
}

} // namespace portrait::probing
