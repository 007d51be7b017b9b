#include "decode/decoding.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace portrait::imaging {
namespace {

constexpr std::size_t most_decoded_frames = 4096; // by libvips, which skips the rest
constexpr std::uint8_t keep = 1;                  // disposal methods
constexpr std::uint8_t to_background = 2;
constexpr std::uint8_t to_previous = 3;
constexpr std::uint8_t also_to_previous = 4; // of old encoders

/// Pixels.
struct Area {
    std::size_t left = 0;
    std::size_t top = 0;
    std::size_t right = 0;
    std::size_t bottom = 0;

    bool covers(const Area& other) const noexcept {
        return left <= other.left && top <= other.top && right >= other.right && bottom >= other.bottom;
    }
};

/// A frame with the extensions before it; positions are offsets in the file.
struct Frame {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t control_flags = 0; ///< of the last graphic control extension; 0: there is none
    Area area;
    std::uint8_t disposal = 0;
    bool is_transparent = false;
};

class GifWalk {
public:
    explicit GifWalk(std::span<const std::byte> bytes)
        : bytes_{bytes} {}

    /// The canvas of the head, extended to the first frame.
    Area canvas(const Frame& first) const {
        return {0, 0, std::max(little_endian(6), first.area.right),
                std::max(little_endian(8), first.area.bottom)};
    }

    /// The whole frames up to the end of the file or the first error, at most as many as libvips decodes.
    std::vector<Frame> frames() {
        std::vector<Frame> found;
        constexpr std::size_t head = 13;
        if (bytes_.size() < head)
            return found;
        at_ = head + color_table(number(10));
        for (Frame frame; next(frame); frame = {}) {
            found.push_back(frame);
            if (found.size() == most_decoded_frames)
                break;
        }
        return found;
    }

private:
    std::uint8_t number(std::size_t at) const { return std::to_integer<std::uint8_t>(bytes_[at]); }
    std::size_t little_endian(std::size_t at) const {
        return number(at) | static_cast<std::size_t>(number(at + 1)) << 8;
    }
    bool has(std::size_t count) const { return at_ <= bytes_.size() && bytes_.size() - at_ >= count; }

    static std::size_t color_table(std::uint8_t flags) {
        return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
    }

    bool next(Frame& frame) {
        frame.begin = at_;
        while (has(1) && number(at_) == 0x21)
            if (!extension(frame))
                return false;
        constexpr std::size_t descriptor = 10;
        if (!has(descriptor) || number(at_) != 0x2C)
            return false;
        const auto left = little_endian(at_ + 1);
        const auto top = little_endian(at_ + 3);
        frame.area = {left, top, left + little_endian(at_ + 5), top + little_endian(at_ + 7)};
        at_ += descriptor + color_table(number(at_ + 9)) + 1; // and the code size
        if (!data_blocks())
            return false;
        frame.end = at_;
        return true;
    }

    bool extension(Frame& frame) {
        constexpr std::size_t control = 8;
        if (has(control) && number(at_ + 1) == 0xF9 && number(at_ + 2) >= 4) {
            frame.control_flags = at_ + 3;
            frame.disposal = number(at_ + 3) >> 2 & 7;
            frame.is_transparent = frame.is_transparent || (number(at_ + 3) & 1) != 0;
        }
        at_ += 2;
        return data_blocks();
    }

    bool data_blocks() {
        while (has(1)) {
            const std::size_t size = number(at_);
            ++at_;
            if (size == 0)
                return true;
            at_ += size;
        }
        return false;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

/// Whether the area that the frame clears shows bare canvas: not when the next frame paints all of it.
bool exposes_canvas(const std::vector<Frame>& frames, std::size_t index) {
    if (index + 1 >= frames.size())
        return false;
    const auto& next = frames[index + 1];
    return next.is_transparent || !next.area.covers(frames[index].area);
}

/// Copies the file piece by piece.
class Rewriting {
public:
    explicit Rewriting(std::span<const std::byte> bytes)
        : bytes_{bytes} {}

    void copy_up_to(std::size_t end) {
        out_.insert(out_.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(copied_),
                    bytes_.begin() + static_cast<std::ptrdiff_t>(end));
        copied_ = end;
    }

    void put_flags(std::size_t at, std::uint8_t disposal) {
        copy_up_to(at);
        out_.push_back((bytes_[at] & std::byte{0xE3}) | std::byte{disposal} << 2);
        ++copied_;
    }

    /// A frame that paints nothing.
    void insert_empty_frame(const Area& area, std::uint8_t disposal) {
        constexpr std::byte transparent{1};
        put({std::byte{0x21}, std::byte{0xF9}, std::byte{4}, std::byte{disposal} << 2 | transparent});
        // The delay, the colour and the end; then the frame.
        put({std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0x2C}});
        for (const auto number : {area.left, area.top, area.right - area.left, area.bottom - area.top})
            put({static_cast<std::byte>(number), static_cast<std::byte>(number >> 8)});
        // No colours; then one pixel of the transparent colour, and the end of the codes.
        put({std::byte{0}, std::byte{2}, std::byte{2}, std::byte{0x44}, std::byte{1}, std::byte{0}});
    }

    std::vector<std::byte> take() {
        copy_up_to(bytes_.size());
        return std::move(out_);
    }

private:
    void put(std::initializer_list<std::byte> bytes) { out_.insert(out_.end(), bytes); }

    std::span<const std::byte> bytes_;
    std::size_t copied_ = 0;
    std::vector<std::byte> out_;
};

/// Whether an empty frame has to clear the area of this one.
bool needs_clearing(const std::vector<Frame>& frames, std::size_t index) {
    return frames[index].disposal == to_background && !frames[index].is_transparent &&
           exposes_canvas(frames, index);
}

} // namespace

std::optional<ClearedGif> with_clear_canvas(const ImageBytes& gif, const GifHead& head) {
    GifWalk walk{gif.view()};
    const auto frames = walk.frames();
    if (frames.empty())
        return std::nullopt;
    const auto canvas = walk.canvas(frames.front());
    std::size_t clearings = 0;
    for (std::size_t index = 0; index < frames.size(); ++index)
        clearings += needs_clearing(frames, index) ? 1 : 0;
    const auto disposal = frames.front().disposal;
    const bool taken_back = disposal == to_previous || disposal == also_to_previous;
    const bool bare_at_first =
        !frames.front().area.covers(canvas) || (taken_back && exposes_canvas(frames, 0));
    const bool leads = canvas.right > head.canvas.width || canvas.bottom > head.canvas.height ||
                       (bare_at_first && !head.is_transparent && clearings == 0);
    if ((!leads && clearings == 0) || frames.size() + clearings >= most_decoded_frames)
        return std::nullopt;

    ClearedGif cleared;
    Rewriting rewriting{gif.view()};
    int number = 0;
    if (leads) { // for the canvas and the transparency alone
        rewriting.copy_up_to(frames.front().begin);
        rewriting.insert_empty_frame(canvas, keep);
        cleared.inserted.push_back(number++);
    }
    for (std::size_t index = 0; index < frames.size(); ++index, ++number) {
        if (!needs_clearing(frames, index))
            continue;
        rewriting.put_flags(frames[index].control_flags, keep);
        rewriting.copy_up_to(frames[index].end);
        rewriting.insert_empty_frame(frames[index].area, to_background);
        cleared.inserted.push_back(++number);
    }
    cleared.bytes = ImageBytes{rewriting.take()};
    return cleared;
}

} // namespace portrait::imaging
