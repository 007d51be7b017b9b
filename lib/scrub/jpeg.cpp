#include "probe/jpeg_markers.hpp"
#include "scrubbers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

constexpr auto exif_signature = "Exif\0"sv; // a sixth byte of padding follows
constexpr std::uint64_t exif_head = 6;
constexpr std::uint64_t jfif_size = 14; ///< of a body without a thumbnail

/// Tables, frame headers and other segments that decoders need: 0xC0 to 0xDD without the markers that have no
/// length, and without DNL.
bool is_for_decoding(std::uint8_t marker) {
    return (marker >= sof0 && marker < rst0 && marker != jpg) || (marker >= dqt && marker <= dri);
}

struct Segment {
    std::uint8_t marker = 0;
    std::uint64_t begin = 0; ///< the 0xFF of its marker
    std::uint64_t body = 0;  ///< after the length
    std::uint64_t end = 0;
};

class JpegScrub {
public:
    JpegScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<Orientation> run() {
        for (;;) {
            const auto before = position_;
            const auto marker = next_marker();
            if (!marker) {
                excision_.remove(MetadataKind::trailing_data, before, bytes_.size());
                return orientation_; // cut off before the end of the image
            }
            if (stands_alone(*marker)) { // a restart belongs in a scan; decoders skip it here
                excision_.remove(MetadataKind::trailing_data, before, position_);
                continue;
            }
            excision_.remove(MetadataKind::trailing_data, before, position_ - 2);
            if (*marker == eoi) {
                remove_trailer();
                return orientation_;
            }
            const auto segment = segment_of(*marker);
            if (!segment)
                return segment.error();
            if (*marker == sos)
                skip_scan();
            else if (!is_for_decoding(*marker))
                scrub_segment(*segment);
        }
    }

private:
    /// Skips fill bytes and stray bytes, as decoders do, and stops behind a marker of two bytes; absent when
    /// there is none.
    std::optional<std::uint8_t> next_marker() {
        const auto all = bytes_.part(0, bytes_.size());
        while (position_ < all.size()) {
            const auto* const found = static_cast<const std::byte*>(
                std::memchr(all.data() + position_, 0xff, static_cast<std::size_t>(all.size() - position_)));
            if (found == nullptr)
                break;
            position_ = static_cast<std::uint64_t>(found - all.data()) + 1;
            if (!bytes_.has(position_, 1))
                break;
            const auto code = bytes_.u8(position_);
            if (code != 0 && code != 0xff) {
                ++position_;
                return code;
            }
        }
        position_ = bytes_.size();
        return std::nullopt;
    }

    /// Reads the segment behind its marker.
    [[nodiscard]] result<Segment> segment_of(std::uint8_t marker) {
        if (!is_for_decoding(marker) && marker != sos && marker != com && !is_application(marker))
            return corrupt("The JPEG has a marker where none may be, so its metadata can't be told "
                           "from its picture data");
        const std::uint64_t length = bytes_.has(position_, 2) ? bytes_.be16(position_) : 2;
        if (length < 2)
            return corrupt("The JPEG has a segment whose length is less than 2");
        // A segment that is cut off is kept or removed as if it were whole.
        Segment segment{marker, position_ - 2, std::min(position_ + 2, bytes_.size()),
                        std::min(position_ + length, bytes_.size())};
        position_ = segment.end;
        return segment;
    }

    /// Skips to the first marker that doesn't belong to a scan. Restart markers do, and so do reserved
    /// markers, which come from damage: decoders find the next restart behind them.
    void skip_scan() {
        for (;;) {
            const auto marker = next_marker();
            if (!marker)
                return;
            if (*marker < sof0 || (*marker >= rst0 && *marker <= rst7))
                continue;
            position_ -= 2;
            return;
        }
    }

    void scrub_segment(const Segment& segment) {
        if (segment.marker == app0 && starts_with(segment, "JFIF\0"sv)) {
            shorten_jfif(segment);
        } else if (segment.marker == app1 && starts_with(segment, exif_signature)) {
            replace_exif(segment);
        } else if (!(segment.marker == app2 && starts_with(segment, "ICC_PROFILE\0"sv)) &&
                   !(segment.marker == app14 && starts_with(segment, "Adobe"sv))) {
            excision_.remove(kind_of(segment), segment.begin, segment.end);
        }
    }

    MetadataKind kind_of(const Segment& segment) {
        constexpr std::array known{std::tuple{com, ""sv, MetadataKind::comment},
                                   std::tuple{app0, "JFXX\0"sv, MetadataKind::thumbnail},
                                   std::tuple{app1, "http://ns.adobe.com/x"sv, MetadataKind::xmp},
                                   std::tuple{app2, "MPF\0"sv, MetadataKind::extra_image},
                                   std::tuple{app13, "Photoshop 3.0\0"sv, MetadataKind::iptc}};
        for (const auto& [marker, signature, kind] : known)
            if (segment.marker == marker && starts_with(segment, signature))
                return kind;
        return MetadataKind::application_data;
    }

    /// JFIF's thumbnail is at the end of its segment.
    void shorten_jfif(const Segment& segment) {
        if (segment.end - segment.body <= jfif_size)
            return;
        std::array<std::byte, 4 + jfif_size> whole{};
        const auto kept = bytes_.part(segment.begin, whole.size());
        std::copy(kept.begin(), kept.end(), whole.begin());
        whole[2] = std::byte{0};
        whole[3] = std::byte{2 + jfif_size};
        whole[16] = whole[17] = std::byte{0}; // its width and height
        excision_.replace(MetadataKind::thumbnail, segment.begin, segment.end, whole);
    }

    /// Viewers take the orientation from the first EXIF block.
    void replace_exif(const Segment& segment) {
        std::vector<std::byte> whole;
        if (!exif_ && segment.end - segment.body >= exif_head) {
            exif_ = true;
            const auto tiff = segment.body + exif_head;
            orientation_ = orientation_in(ByteView{bytes_.part(tiff, segment.end - tiff)});
            if (orientation_) {
                const auto head = std::as_bytes(std::span{"\xff\xe1\0\x22\x45xif\0\0"sv}); // APP1 of 34 bytes
                const auto block = orientation_block(*orientation_);
                whole.assign(head.begin(), head.end());
                whole.insert(whole.end(), block.begin(), block.end());
            }
        }
        excision_.replace(MetadataKind::exif, segment.begin, segment.end, whole);
    }

    void remove_trailer() {
        const bool picture = bytes_.matches(position_, jpeg_signature);
        excision_.remove(picture ? MetadataKind::extra_image : MetadataKind::trailing_data, position_,
                         bytes_.size());
    }

    bool starts_with(const Segment& segment, std::string_view signature) const {
        return segment.end - segment.body >= signature.size() && bytes_.matches(segment.body, signature);
    }

    ByteView bytes_;
    Excision& excision_;
    std::uint64_t position_ = 2; // after SOI
    bool exif_ = false;
    Orientation orientation_;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_jpeg(ByteView bytes, Excision& excision) {
    return JpegScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
