#include "scrubbers.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

// Loop counts and the colour profile.
constexpr std::array kept_applications{"NETSCAPE2.0"sv, "ANIMEXTS1.0"sv, "ICCRGBG1012"sv};

class GifScrub {
public:
    GifScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<Orientation> run() {
        position_ = gif_screen_end;
        skip_table(bytes_.u8(10));
        while (bytes_.has(position_, 1)) {
            switch (bytes_.u8(position_)) {
            case 0x00: ++position_; break; // a spare terminator
            case 0x21: scrub_extension(); break;
            case 0x2c: skip_frame(); break;
            case 0x3b:
                excision_.remove(MetadataKind::trailing_data, position_ + 1, bytes_.size());
                return Orientation{};
            default:
                return corrupt("The GIF has an unknown block, so its metadata can't be separated from "
                               "its picture data");
            }
        }
        return Orientation{}; // cut off
    }

private:
    void go_to(std::uint64_t position) { position_ = std::min(position, bytes_.size()); }

    void skip_table(std::uint8_t flags) {
        if ((flags & gif_table_flag) != 0)
            go_to(position_ + (std::uint64_t{6} << (flags & 7U)));
    }

    void skip_blocks() {
        while (bytes_.has(position_, 1)) {
            const auto length = bytes_.u8(position_);
            go_to(position_ + 1 + length);
            if (length == 0)
                return;
        }
    }

    void skip_frame() {
        const auto begin = position_;
        go_to(begin + gif_descriptor_size);
        if (!bytes_.has(begin, gif_descriptor_size))
            return;
        skip_table(bytes_.u8(begin + 9));
        go_to(position_ + 1); // the least code size
        skip_blocks();
    }

    void scrub_extension() {
        const auto begin = position_;
        const std::uint8_t label = bytes_.has(begin + 1, 1) ? bytes_.u8(begin + 1) : 0;
        go_to(begin + 2);
        skip_blocks();
        if (label == 0xfe)
            excision_.remove(MetadataKind::comment, begin, position_);
        else if (label == 0xff && !is_kept_application(begin))
            excision_.remove(bytes_.matches(begin + 3, "XMP DataXMP"sv) ? MetadataKind::xmp
                                                                        : MetadataKind::application_data,
                             begin, position_);
        else if (label != 0xff && label != 0xf9 && label != 0x01)
            excision_.remove(MetadataKind::application_data, begin, position_);
    }

    bool is_kept_application(std::uint64_t begin) const {
        return std::any_of(kept_applications.begin(), kept_applications.end(),
                           [&](auto name) { return bytes_.matches(begin + 3, name); });
    }

    ByteView bytes_;
    Excision& excision_;
    std::uint64_t position_ = 0;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_gif(ByteView bytes, Excision& excision) {
    return GifScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
