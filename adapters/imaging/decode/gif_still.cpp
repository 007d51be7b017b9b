#include "decode/gif_still.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace portrait::imaging {
namespace {

/// The bytes of a GIF from its beginning to its end; 0 behind that.
class GifBytes {
public:
    explicit GifBytes(std::span<const std::byte> bytes)
        : bytes_{bytes} {}

    bool at_end() const { return at_ >= bytes_.size(); }
    void skip(std::size_t count) { at_ += count; }
    unsigned u8() { return at_end() ? (++at_, 0U) : std::to_integer<unsigned>(bytes_[at_++]); }
    unsigned u16() {
        const auto low = u8();
        return low | u8() << 8;
    }
    /// As many of these bytes as there are.
    std::span<const std::byte> take(std::size_t count) {
        const auto begin = std::min(at_, bytes_.size());
        const auto taken = bytes_.subspan(begin, std::min(count, bytes_.size() - begin));
        at_ = begin + count;
        return taken;
    }

private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

/// The codes in the data blocks of a frame, up to the terminator or the end of the file.
class GifCodes {
public:
    explicit GifCodes(GifBytes& bytes)
        : bytes_{bytes} {}

    /// The next code of some bits; nothing at the end.
    std::optional<unsigned> next(unsigned bits) {
        for (; filled_ < bits; filled_ += 8) {
            if (block_.empty() && (block_ = bytes_.take(bytes_.u8())).empty())
                return std::nullopt;
            held_ |= std::to_integer<unsigned>(block_.front()) << filled_;
            block_ = block_.subspan(1);
        }
        const auto code = held_ & ((1U << bits) - 1);
        held_ >>= bits;
        filled_ -= bits;
        return code;
    }

private:
    GifBytes& bytes_;
    std::span<const std::byte> block_;
    unsigned held_ = 0;
    unsigned filled_ = 0;
};

/// GIF's variant of LZW.
class LzwDecoder {
public:
    explicit LzwDecoder(unsigned root_bits)
        : root_bits_{root_bits}
        , clear_{1U << root_bits} {
        for (unsigned code = 0; code < clear_; ++code)
            entries_.at(code) = {.previous = none,
                                 .last = static_cast<std::uint8_t>(code),
                                 .first = static_cast<std::uint8_t>(code)};
        reset();
    }

    /// Calls `put` with each index until it returns false, or the data end or are damaged.
    template<class Put>
    void decode(GifCodes codes, const Put& put) {
        while (const auto code = codes.next(bits_)) {
            if (*code == clear_) {
                reset();
                continue;
            }
            if (*code == clear_ + 1 || *code > next_ || (*code == next_ && previous_ == none))
                return;
            add(*code == next_ ? entries_.at(previous_).first : entries_.at(*code).first);
            if (!put_all(*code, put))
                return;
            previous_ = *code;
        }
    }

private:
    static constexpr unsigned most_codes = 4096;
    static constexpr unsigned none = most_codes;

    struct Entry {
        unsigned previous = none;
        std::uint8_t last = 0;
        std::uint8_t first = 0;
    };

    void reset() {
        bits_ = root_bits_ + 1;
        next_ = clear_ + 2;
        previous_ = none;
    }

    void add(std::uint8_t last) {
        if (previous_ == none || next_ == most_codes)
            return;
        entries_.at(next_++) = {previous_, last, entries_.at(previous_).first};
        if (next_ == 1U << bits_ && next_ < most_codes)
            ++bits_;
    }

    template<class Put>
    bool put_all(unsigned code, const Put& put) {
        std::size_t count = 0;
        for (; code != none; code = entries_.at(code).previous)
            string_.at(count++) = entries_.at(code).last;
        while (count > 0)
            if (!put(string_.at(--count)))
                return false;
        return true;
    }

    unsigned root_bits_;
    unsigned clear_;
    unsigned bits_ = 0;
    unsigned next_ = 0;
    unsigned previous_ = none;
    std::array<Entry, most_codes> entries_{};
    std::array<std::uint8_t, most_codes> string_{};
};

struct GifFrame {
    unsigned left = 0;
    unsigned top = 0;
    unsigned width = 0;
    unsigned height = 0;
    bool interlaced = false;
    std::optional<unsigned> transparent; ///< index
    std::span<const std::byte> colors;   ///< red, green and blue
};

std::span<const std::byte> take_colors(GifBytes& bytes, unsigned flags) {
    return (flags & 0x80) != 0 ? bytes.take(std::size_t{3} << ((flags & 7) + 1))
                               : std::span<const std::byte>{};
}

void skip_blocks(GifBytes& bytes) {
    for (auto size = bytes.u8(); size != 0; size = bytes.u8())
        bytes.skip(size);
}

/// Reads up to the first frame's data.
GifFrame read_frame(GifBytes& bytes) {
    GifFrame frame;
    bytes.skip(10);
    const auto screen_flags = bytes.u8();
    bytes.skip(2);
    const auto global = take_colors(bytes, screen_flags);
    while (!bytes.at_end()) {
        const auto introducer = bytes.u8();
        if (introducer == 0x2C)
            break;
        if (introducer != 0x21)
            continue;
        if (bytes.u8() != 0xF9) {
            skip_blocks(bytes);
            continue;
        }
        const auto control = bytes.take(bytes.u8());
        if (control.size() >= 4)
            frame.transparent = (control[0] & std::byte{1}) != std::byte{0}
                                    ? std::optional{std::to_integer<unsigned>(control[3])}
                                    : std::nullopt;
        skip_blocks(bytes);
    }
    frame.left = bytes.u16();
    frame.top = bytes.u16();
    frame.width = bytes.u16();
    frame.height = bytes.u16();
    const auto flags = bytes.u8();
    frame.interlaced = (flags & 0x40) != 0;
    const auto local = take_colors(bytes, flags);
    frame.colors = local.empty() ? global : local;
    return frame;
}

/// Paints a frame's pixels in the order of its data.
class FramePainter {
public:
    FramePainter(VipsImage* image, const GifFrame& frame)
        : image_{image}
        , frame_{frame} {}

    /// False behind the last pixel.
    bool paint(std::uint8_t index) {
        const auto rows = frame_.interlaced ? passes.at(pass_).rows : 1;
        for (unsigned row = row_; row < std::min(row_ + rows, frame_.height); ++row)
            paint_pixel(row, index);
        return ++column_ < frame_.width || go_to_next_row();
    }

private:
    struct Pass {
        unsigned first;
        unsigned step;
        unsigned rows; ///< that a row stands for until later passes
    };
    static constexpr std::array passes{Pass{0, 8, 8}, Pass{4, 8, 4}, Pass{2, 4, 2}, Pass{1, 2, 1}};

    bool go_to_next_row() {
        column_ = 0;
        row_ += frame_.interlaced ? passes.at(pass_).step : 1;
        while (frame_.interlaced && row_ >= frame_.height && pass_ + 1 < passes.size())
            row_ = passes.at(++pass_).first;
        return row_ < frame_.height;
    }

    void paint_pixel(unsigned row, std::uint8_t index) {
        auto* const pixel = VIPS_IMAGE_ADDR(image_, static_cast<int>(frame_.left + column_),
                                            static_cast<int>(frame_.top + row));
        constexpr VipsPel opaque = 255;
        const std::size_t at = std::size_t{3} * index;
        std::fill_n(pixel, 4, VipsPel{0});
        if (index == frame_.transparent)
            return;
        if (at + 3 <= frame_.colors.size()) // black is the colour of the others
            std::memcpy(pixel, frame_.colors.data() + at, 3);
        pixel[3] = opaque;
    }

    VipsImage* image_;
    const GifFrame& frame_;
    unsigned column_ = 0;
    unsigned row_ = 0;
    std::size_t pass_ = 0;
};

bool is_opaque(VipsImage* image) {
    for (int row = 0; row < image->Ysize; ++row) {
        const auto* const pixels = VIPS_IMAGE_ADDR(image, 0, row);
        for (int column = 0; column < image->Xsize; ++column)
            if (pixels[4 * static_cast<std::size_t>(column) + 3] == 0)
                return false;
    }
    return true;
}

} // namespace

vips::VImage open_gif_still(const ImageBytes& gif, const Size& canvas) {
    GifBytes bytes{gif.view()};
    auto frame = read_frame(bytes);
    if (frame.width == 0 || frame.height == 0) { // as in viewers
        frame.left = frame.top = 0;
        frame.width = canvas.width;
        frame.height = canvas.height;
    }
    auto image = vips::VImage::new_memory();
    auto* const to = image.get_image();
    vips_image_init_fields(to, static_cast<int>(canvas.width), static_cast<int>(canvas.height), 4,
                           VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1.0, 1.0);
    if (vips_image_write_prepare(to) != 0)
        throw vips::VError{};
    std::memset(VIPS_IMAGE_ADDR(to, 0, 0), 0, VIPS_IMAGE_SIZEOF_IMAGE(to));
    const auto root_bits = bytes.u8();
    constexpr unsigned most_root_bits = 11;
    const bool fits = frame.left + frame.width <= canvas.width && frame.top + frame.height <= canvas.height;
    if (fits && root_bits >= 1 && root_bits <= most_root_bits) {
        FramePainter painter{to, frame};
        LzwDecoder{root_bits}.decode(GifCodes{bytes},
                                     [&](std::uint8_t index) { return painter.paint(index); });
    }
    return is_opaque(to) ? image.extract_band(0, vips::VImage::option()->set("n", 3)) : image;
}

} // namespace portrait::imaging
