#include "scrubbers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

constexpr std::uint8_t graphic_control = 0xf9;
constexpr std::uint8_t plain_text = 0x01;

/// Reads the codes of one frame's pixels, for their lengths alone.
class LzwWalk {
public:
    LzwWalk(ByteView bytes, std::uint64_t first_block, unsigned code_size, std::uint64_t pixels)
        : bytes_{bytes}
        , block_{first_block}
        , least_width_{code_size + 1}
        , clear_{1U << code_size}
        , pixels_left_{pixels} {
        reset();
    }

    /// The block that decoders read last, and how many of its bytes.
    struct End {
        std::uint64_t block = 0;
        std::uint64_t used = 0;
    };

    End run() {
        while (pixels_left_ != 0) {
            const auto code = next_code();
            if (!code || *code == clear_ + 1)
                return end();
            if (*code == clear_)
                reset();
            else if (!take(*code))
                return end();
        }
        // Behind the last pixel belongs the end code, perhaps after a clear code.
        const auto last_pixel = end();
        auto code = next_code();
        if (code == clear_) {
            reset();
            code = next_code();
        }
        return code == clear_ + 1 ? end() : last_pixel;
    }

private:
    static constexpr unsigned widest = 12;

    End end() const { return {block_, used_}; }

    void reset() {
        width_ = least_width_;
        next_ = clear_ + 2;
        before_.reset();
    }

    std::uint32_t length_of(unsigned code) const { return code < clear_ ? 1 : lengths_[code]; }

    /// False for a code that isn't in the table: decoders stop at it.
    bool take(unsigned code) {
        const bool full = next_ == 1U << widest;
        if (code > next_ || (code == next_ && (full || !before_)) || (!before_ && code > clear_))
            return false;
        if (before_ && !full) {
            lengths_[next_] = length_of(*before_) + 1;
            ++next_;
            if (next_ == 1U << width_ && width_ < widest)
                ++width_;
        }
        before_ = code;
        pixels_left_ -= std::min<std::uint64_t>(pixels_left_, length_of(code));
        return true;
    }

    std::optional<unsigned> next_code() {
        while (bits_ < width_) {
            const auto byte = next_byte();
            if (!byte)
                return std::nullopt;
            buffer_ |= std::uint32_t{*byte} << bits_;
            bits_ += 8;
        }
        const auto code = buffer_ & ((1U << width_) - 1);
        buffer_ >>= width_;
        bits_ -= width_;
        return code;
    }

    std::optional<std::uint8_t> next_byte() {
        if (!bytes_.has(block_, 1) || bytes_.u8(block_) == 0)
            return std::nullopt;
        if (used_ == bytes_.u8(block_)) {
            const auto next = block_ + 1 + used_;
            if (!bytes_.has(next, 1) || bytes_.u8(next) == 0)
                return std::nullopt;
            block_ = next;
            used_ = 0;
        }
        const auto at = block_ + 1 + used_;
        if (!bytes_.has(at, 1))
            return std::nullopt;
        ++used_;
        return bytes_.u8(at);
    }

    ByteView bytes_;
    std::uint64_t block_; ///< its length
    std::uint64_t used_ = 0;
    unsigned least_width_;
    unsigned clear_;
    std::uint64_t pixels_left_;
    unsigned width_ = 0;
    unsigned next_ = 0;
    std::optional<unsigned> before_;
    std::uint32_t buffer_ = 0;
    unsigned bits_ = 0;
    std::array<std::uint32_t, 1U << widest> lengths_{};
};

class GifScrub {
public:
    GifScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<Orientation> run() {
        auto position = after_table(gif_screen_end, bytes_.u8(10));
        loops_ = last_loops(position);
        while (bytes_.has(position, 1)) {
            const auto end = block_end(position);
            switch (bytes_.u8(position)) {
            case 0x00: // a spare terminator
                excision_.remove(MetadataKind::trailing_data, position, end);
                break;
            case 0x21: scrub_extension(position, end); break;
            case 0x2c:
                if (const auto scrubbed = scrub_frame(position, end); !scrubbed)
                    return scrubbed.error();
                break;
            case 0x3b:
                excision_.remove(MetadataKind::trailing_data, position + 1, bytes_.size());
                return Orientation{};
            default:
                return corrupt("The GIF has an unknown block, so its metadata can't be separated from "
                               "its picture data");
            }
            position = end;
        }
        return Orientation{}; // cut off
    }

private:
    using Loops = std::array<std::byte, 2>;

    std::uint64_t within(std::uint64_t position) const { return std::min(position, bytes_.size()); }

    std::uint64_t after_table(std::uint64_t position, std::uint8_t flags) const {
        const bool table = (flags & gif_table_flag) != 0;
        return within(position + (table ? std::uint64_t{6} << (flags & 7U) : 0));
    }

    /// Behind the sub-blocks and their terminator.
    std::uint64_t after_blocks(std::uint64_t position) const {
        while (bytes_.has(position, 1)) {
            const auto length = bytes_.u8(position);
            position = within(position + 1 + length);
            if (length == 0)
                break;
        }
        return position;
    }

    /// The end of a frame, of an extension, or of a single byte.
    std::uint64_t block_end(std::uint64_t begin) const {
        if (bytes_.u8(begin) == 0x21)
            return after_blocks(within(begin + 2));
        if (bytes_.u8(begin) != 0x2c)
            return begin + 1;
        return bytes_.has(begin, gif_descriptor_size) ? after_blocks(within(data_of(begin) + 1))
                                                      : bytes_.size();
    }

    /// A frame's least code size, behind its descriptor and table.
    std::uint64_t data_of(std::uint64_t frame) const {
        return after_table(frame + gif_descriptor_size, bytes_.u8(frame + 9));
    }

    /// Decoders take the last loop count of a file.
    std::optional<Loops> last_loops(std::uint64_t position) const {
        std::optional<Loops> last;
        while (bytes_.has(position, 1) && bytes_.u8(position) != 0x3b) {
            const auto end = block_end(position);
            if (auto loops = loops_in(position, end))
                last = loops;
            position = end;
        }
        return last;
    }

    bool is_application(std::uint64_t begin, std::string_view name) const {
        return bytes_.matches(begin, "\x21\xff\x0b"sv) && bytes_.matches(begin + 3, name);
    }

    bool is_looping(std::uint64_t begin) const {
        return is_application(begin, "NETSCAPE2.0"sv) || is_application(begin, "ANIMEXTS1.0"sv);
    }

    /// The loop count of an extension.
    std::optional<Loops> loops_in(std::uint64_t begin, std::uint64_t end) const {
        if (!is_looping(begin))
            return std::nullopt;
        for (auto block = begin + 14; block + 4 <= end && bytes_.u8(block) != 0;
             block += 1 + bytes_.u8(block))
            if (bytes_.u8(block) >= 3 && (bytes_.u8(block + 1) & 7U) == 1)
                return Loops{bytes_.part(block + 2, 1).front(), bytes_.part(block + 3, 1).front()};
        return std::nullopt;
    }

    void scrub_extension(std::uint64_t begin, std::uint64_t end) {
        const std::uint8_t label = bytes_.has(begin + 1, 1) ? bytes_.u8(begin + 1) : 0;
        if (label == graphic_control && begin + 8 <= end && bytes_.u8(begin + 2) == 4 && precedes_frame(end))
            return shorten_control(begin, end);
        if (is_looping(begin) && begin + 14 <= end && !std::exchange(loops_seen_, true))
            return shorten_loops(begin, end);
        if (is_application(begin, "ICCRGBG1012"sv) && !profile_seen_ && has_profile(begin + 14, end)) {
            profile_seen_ = true;
            return;
        }
        excision_.remove(kind_of(label, begin), begin, end);
    }

    MetadataKind kind_of(std::uint8_t label, std::uint64_t begin) const {
        if (label == 0xfe)
            return MetadataKind::comment;
        if (label == plain_text)
            return MetadataKind::text;
        return is_application(begin, "XMP DataXMP"sv) ? MetadataKind::xmp : MetadataKind::application_data;
    }

    /// Whether a frame comes before another graphic control, which would replace this one.
    bool precedes_frame(std::uint64_t position) const {
        while (bytes_.has(position, 2)) {
            const auto introducer = bytes_.u8(position);
            if (introducer == 0x2c)
                return true;
            if ((introducer != 0x21 && introducer != 0) ||
                (introducer == 0x21 && bytes_.u8(position + 1) == graphic_control))
                return false;
            position = block_end(position);
        }
        return false;
    }

    /// Keeps the one block of a graphic control, without its reserved bits.
    void shorten_control(std::uint64_t begin, std::uint64_t end) {
        std::array<std::byte, 8> whole{};
        const auto kept = bytes_.part(begin, 7);
        std::copy(kept.begin(), kept.end(), whole.begin());
        whole[3] &= std::byte{0x1f};
        excision_.replace(MetadataKind::application_data, begin, end, whole);
    }

    /// Keeps the loop count alone.
    void shorten_loops(std::uint64_t begin, std::uint64_t end) {
        const auto head = bytes_.part(begin, 14);
        std::vector<std::byte> whole{head.begin(), head.end()};
        if (loops_)
            whole.insert(whole.end(), {std::byte{3}, std::byte{1}, (*loops_)[0], (*loops_)[1]});
        whole.push_back(std::byte{0}); // the terminator
        excision_.replace(MetadataKind::application_data, begin, end, whole);
    }

    bool has_profile(std::uint64_t block, std::uint64_t end) const {
        std::vector<std::byte> head;
        std::uint64_t size = 0;
        while (block < end && bytes_.u8(block) != 0) {
            const std::uint64_t length = bytes_.u8(block);
            if (!bytes_.has(block + 1, length))
                return false;
            const auto part = bytes_.part(block + 1, length);
            if (head.size() < icc_header_size)
                head.insert(head.end(), part.begin(), part.end());
            size += length;
            block += 1 + length;
        }
        return block < end && is_icc_profile(head, size);
    }

    /// Cuts off what lies behind the last pixel.
    [[nodiscard]] result<void> scrub_frame(std::uint64_t begin, std::uint64_t end) {
        if (!bytes_.has(begin, gif_descriptor_size))
            return {};
        const auto data = data_of(begin);
        if (!bytes_.has(data, 2))
            return {};
        constexpr unsigned largest_code_size = 11;
        const auto code_size = bytes_.u8(data);
        if (code_size > largest_code_size)
            return corrupt("The GIF has a frame whose codes are more than 12 bits wide");
        std::uint64_t pixels = std::uint64_t{bytes_.le16(begin + 5)} * bytes_.le16(begin + 7);
        if (pixels == 0) // browsers give such a frame the screen's size
            pixels = std::uint64_t{bytes_.le16(6)} * bytes_.le16(8);
        const auto last = LzwWalk{bytes_, data + 1, code_size, pixels}.run();
        const auto behind = last.block + 1 + last.used;
        const bool has_terminator = bytes_.u8(end - 1) == 0 && end - 1 >= behind;
        if (behind >= end - (has_terminator ? 1 : 0))
            return {};
        std::vector<std::byte> kept;
        if (last.used != 0) {
            const auto part = bytes_.part(last.block, 1 + last.used);
            kept.assign(part.begin(), part.end());
            kept.front() = static_cast<std::byte>(last.used);
        }
        kept.push_back(std::byte{0}); // the terminator
        excision_.replace(MetadataKind::trailing_data, last.block, end, kept);
        return {};
    }

    ByteView bytes_;
    Excision& excision_;
    std::optional<Loops> loops_;
    bool loops_seen_ = false;
    bool profile_seen_ = false;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_gif(ByteView bytes, Excision& excision) {
    return GifScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
