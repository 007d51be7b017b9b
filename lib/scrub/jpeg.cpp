#include "../probe/readers.hpp"
#include "orientation.hpp"
#include "scrubbers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace portrait::scrubbing {

namespace {

using namespace std::string_view_literals;

// Markers of ITU-T T.81, table B.1.
enum Marker : std::uint8_t {
    tem = 0x01,
    sof0 = 0xc0,
    jpg = 0xc8,
    rst0 = 0xd0,
    rst7 = 0xd7,
    soi = 0xd8,
    eoi = 0xd9,
    sos = 0xda,
    dqt = 0xdb,
    dri = 0xdd,
    app0 = 0xe0,
    app1 = 0xe1,
    app2 = 0xe2,
    app13 = 0xed,
    app14 = 0xee,
    app15 = 0xef,
    com = 0xfe,
};

constexpr auto exif_signature = "Exif\0"sv; // a sixth byte of padding follows
constexpr std::uint64_t exif_head = 6;
constexpr std::uint64_t jfif_size = 14; ///< of a body without a thumbnail

bool stands_alone(std::uint8_t marker) {
    return marker == tem || (marker >= rst0 && marker <= rst7);
}

/// Tables, frame headers and what else decoding takes: 0xC0 to 0xDD without those that have no length, DNL
/// among them.
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
    JpegScrub(probing::ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<std::optional<std::uint8_t>> run() {
        for (;;) {
            const auto before = position_;
            const auto marker = next_marker();
            if (!marker) {
                excision_.remove(MetadataKind::trailing_data, before, bytes_.size());
                return orientation_; // cut off before the end of the image
            }
            if (stands_alone(*marker)) { // a restart belongs into a scan; decoders pass over it here
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
                judge(*segment);
        }
    }

private:
    /// Passes over fill bytes and strays, as decoders do, and stops behind a marker of which exactly two
    /// bytes are to be kept; absent when there is none.
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

    /// The segment whose marker ends at the position, which goes on to its end.
    [[nodiscard]] result<Segment> segment_of(std::uint8_t marker) {
        if (!is_for_decoding(marker) && marker != sos && marker != com && (marker < app0 || marker > app15))
            return probing::corrupt("The JPEG has a marker where none may be, so its metadata can't be told "
                                    "from its picture data");
        const std::uint64_t length = bytes_.has(position_, 2) ? bytes_.be16(position_) : 2;
        if (length < 2)
            return probing::corrupt("The JPEG has a segment whose length is less than 2");
        // What is cut off stays or goes as if it were whole.
        Segment segment{marker, position_ - 2, std::min(position_ + 2, bytes_.size()),
                        std::min(position_ + length, bytes_.size())};
        position_ = segment.end;
        return segment;
    }

    /// Goes on to the first marker that doesn't belong to a scan. Restart markers do, and so does what damage
    /// makes look like a reserved marker: decoders find the next restart behind it.
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

    void judge(const Segment& segment) {
        if (segment.marker == app0 && starts_with(segment, "JFIF\0"sv)) {
            shorten_jfif(segment);
        } else if (segment.marker == app1 && starts_with(segment, exif_signature)) {
            replace_exif(segment);
        } else if (!is_kept(segment)) {
            excision_.remove(kind_of(segment), segment.begin, segment.end);
        }
    }

    bool is_kept(const Segment& segment) {
        if (segment.marker == app2)
            return starts_with(segment, "ICC_PROFILE\0"sv);
        return segment.marker == app14 && starts_with(segment, "Adobe"sv);
    }

    MetadataKind kind_of(const Segment& segment) {
        switch (segment.marker) {
        case com: return MetadataKind::comment;
        case app0:
            return starts_with(segment, "JFXX\0"sv) ? MetadataKind::thumbnail
                                                    : MetadataKind::application_data;
        case app1:
            return starts_with(segment, "http://ns.adobe.com/x"sv) ? MetadataKind::xmp
                                                                   : MetadataKind::application_data;
        case app2:
            if (!starts_with(segment, "MPF\0"sv))
                return MetadataKind::application_data;
            return MetadataKind::extra_image;
        case app13:
            return starts_with(segment, "Photoshop 3.0\0"sv) ? MetadataKind::iptc
                                                             : MetadataKind::application_data;
        default: return MetadataKind::application_data;
        }
    }

    /// JFIF's thumbnail stands at the end of its segment.
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

    /// The first EXIF block is the one that viewers take the orientation from.
    void replace_exif(const Segment& segment) {
        if (exif_ || segment.end - segment.body < exif_head) {
            excision_.remove(MetadataKind::exif, segment.begin, segment.end);
            return;
        }
        exif_ = true;
        const auto tiff = segment.body + exif_head;
        orientation_ = orientation_in(probing::ByteView{bytes_.part(tiff, segment.end - tiff)});
        if (!orientation_) {
            excision_.remove(MetadataKind::exif, segment.begin, segment.end);
            return;
        }
        const auto block = orientation_block(*orientation_);
        constexpr std::array head{std::byte{0xff}, std::byte{app1}, std::byte{0},   std::byte{34},
                                  std::byte{'E'},  std::byte{'x'},  std::byte{'i'}, std::byte{'f'},
                                  std::byte{0},    std::byte{0}};
        std::array<std::byte, head.size() + std::tuple_size_v<OrientationBlock>> whole{};
        std::copy(block.begin(), block.end(), std::copy(head.begin(), head.end(), whole.begin()));
        const auto present = bytes_.part(segment.begin, segment.end - segment.begin);
        if (!std::equal(present.begin(), present.end(), whole.begin(), whole.end()))
            excision_.replace(MetadataKind::exif, segment.begin, segment.end, whole);
    }

    void remove_trailer() {
        const bool picture = bytes_.matches(position_, probing::jpeg_signature);
        excision_.remove(picture ? MetadataKind::extra_image : MetadataKind::trailing_data, position_,
                         bytes_.size());
    }

    bool starts_with(const Segment& segment, std::string_view signature) const {
        return segment.end - segment.body >= signature.size() && bytes_.matches(segment.body, signature);
    }

    probing::ByteView bytes_;
    Excision& excision_;
    std::uint64_t position_ = 2; // after SOI
    bool exif_ = false;
    std::optional<std::uint8_t> orientation_;
};

} // namespace

[[nodiscard]] result<std::optional<std::uint8_t>> scrub_jpeg(probing::ByteView bytes, Excision& excision) {
    return JpegScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
