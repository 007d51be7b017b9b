#include "jpeg_scans.hpp"
#include "jpeg_survey.hpp"

#include "probe/jpeg_markers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

constexpr auto exif_signature = "Exif\0"sv; // a sixth byte of padding follows
constexpr std::uint64_t exif_head = 6;
constexpr std::uint64_t jfif_size = 14; ///< of a body without a thumbnail
constexpr auto adobe_signature = "Adobe"sv;
constexpr std::uint64_t adobe_size = 12;

class JpegScrub {
public:
    JpegScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision}
        , survey_{bytes}
        , reader_{bytes}
        , scans_{bytes, excision} {}

    [[nodiscard]] result<Orientation> run() {
        for (;;) {
            const auto before = reader_.position();
            const auto marker = reader_.next_marker();
            if (!marker) {
                excision_.remove(MetadataKind::trailing_data, before, bytes_.size());
                return orientation_; // cut off before the end of the image
            }
            if (stands_alone(*marker)) { // a restart belongs in a scan; decoders skip it here
                excision_.remove(MetadataKind::trailing_data, before, reader_.position());
                continue;
            }
            excision_.remove(MetadataKind::trailing_data, before, reader_.position() - 2);
            if (*marker == eoi) {
                remove_trailer();
                return orientation_;
            }
            const auto segment = reader_.segment_of(*marker);
            if (!segment)
                return segment.error();
            if (auto scrubbed = scrub_segment(*segment); !scrubbed)
                return scrubbed.error();
        }
    }

private:
    [[nodiscard]] result<void> scrub_segment(const JpegSegment& segment) {
        if (is_application(segment.marker) || segment.marker == com)
            return scrub_metadata(segment);
        if (!segment.whole || segment.marker == dnl)
            remove(segment); // decoders have no use for it
        else if (segment.marker == sos)
            return scrub_scan(segment);
        else if (is_frame_header(segment.marker))
            return read_frame(segment);
        else if (segment.marker == dac)
            shorten_conditioning(segment);
        else
            shorten_tables(segment);
        return {};
    }

    [[nodiscard]] result<void> read_frame(const JpegSegment& segment) {
        if (!frame_.components.empty())
            return corrupt("The JPEG has two frame headers (SOF)");
        frame_ = JpegFrame::read(bytes_, segment.marker, segment.body);
        scans_.set_frame(frame_);
        return {};
    }

    [[nodiscard]] result<void> scrub_scan(const JpegSegment& segment) {
        scanned_ = true;
        const auto scan = JpegScan::read(bytes_, segment.body, segment.end, frame_);
        if (!scan)
            return corrupt("The JPEG has a damaged scan header (SOS)");
        shorten(segment, {bytes_.part(segment.body, scan->end - segment.body)});
        if (frame_.arithmetic) {
            reader_.skip_scan();
            return {};
        }
        const auto end = scans_.scrub(*scan, segment.end);
        if (!end)
            return end.error();
        reader_.go_to(*end);
        return {};
    }

    /// Keeps the tables that a scan uses.
    void shorten_tables(const JpegSegment& segment) {
        std::vector<std::span<const std::byte>> kept;
        for (const auto& table : jpeg_tables(bytes_, segment.marker, segment.body, segment.end)) {
            scans_.define(table);
            if (survey_.needs(table))
                kept.push_back(bytes_.part(table.begin, table.end - table.begin));
        }
        shorten(segment, kept);
    }

    /// Of arithmetic coding: pairs of a table's number and its value.
    void shorten_conditioning(const JpegSegment& segment) {
        if (!frame_.arithmetic)
            return remove(segment);
        shorten(segment, {bytes_.part(segment.body, (segment.end - segment.body) & ~std::uint64_t{1})});
    }

    /// Keeps these parts of a segment's body.
    void shorten(const JpegSegment& segment, const std::vector<std::span<const std::byte>>& parts) {
        std::vector<std::byte> whole(4);
        for (const auto& part : parts)
            whole.insert(whole.end(), part.begin(), part.end());
        if (whole.size() == 4)
            return remove(segment);
        const auto length = whole.size() - 2;
        whole[0] = std::byte{0xff};
        whole[1] = std::byte{segment.marker};
        whole[2] = static_cast<std::byte>(length >> 8U);
        whole[3] = static_cast<std::byte>(length);
        excision_.replace(kind_of(segment), segment.begin, segment.end, whole);
    }

    void remove(const JpegSegment& segment) {
        excision_.remove(kind_of(segment), segment.begin, segment.end);
    }

    [[nodiscard]] result<void> scrub_metadata(const JpegSegment& segment) {
        const auto size = segment.end - segment.body;
        const bool counts = segment.whole && !scanned_; // decoders take no colours from behind the first scan
        if (segment.marker == app1 && reader_.starts_with(segment, exif_signature)) {
            replace_exif(segment);
        } else if (counts && segment.marker == app0 && size >= jfif_size &&
                   reader_.starts_with(segment, "JFIF\0"sv)) {
            shorten_jfif(segment);
        } else if (counts && segment.marker == app14 && size >= adobe_size &&
                   reader_.starts_with(segment, adobe_signature)) {
            return shorten_adobe(segment);
        } else if (const auto end = counts ? profile_end(segment) : std::nullopt) {
            shorten(segment, {bytes_.part(segment.body, *end - segment.body)});
        } else {
            remove(segment);
        }
        return {};
    }

    std::optional<std::uint64_t> profile_end(const JpegSegment& segment) const {
        if (segment.marker != app2 || !reader_.starts_with(segment, icc_signature))
            return std::nullopt;
        return survey_.profile_end(segment);
    }

    MetadataKind kind_of(const JpegSegment& segment) {
        constexpr std::array known{std::tuple{com, ""sv, MetadataKind::comment},
                                   std::tuple{app0, "JFXX\0"sv, MetadataKind::thumbnail},
                                   std::tuple{app1, "http://ns.adobe.com/x"sv, MetadataKind::xmp},
                                   std::tuple{app2, "MPF\0"sv, MetadataKind::extra_image},
                                   std::tuple{app13, "Photoshop 3.0\0"sv, MetadataKind::iptc}};
        for (const auto& [marker, signature, kind] : known)
            if (segment.marker == marker && reader_.starts_with(segment, signature))
                return kind;
        return is_application(segment.marker) ? MetadataKind::application_data : MetadataKind::trailing_data;
    }

    /// Keeps the version, if there is such a version, and the density.
    void shorten_jfif(const JpegSegment& segment) {
        if (std::exchange(jfif_, true))
            return remove(segment);
        std::array<std::byte, 4 + jfif_size> whole{};
        const auto kept = bytes_.part(segment.begin, whole.size());
        std::copy(kept.begin(), kept.end(), whole.begin());
        whole[2] = std::byte{0};
        whole[3] = std::byte{2 + jfif_size};
        constexpr auto square_pixels = "\0\0\1\0\1"sv; // without a unit, as wide as high
        if (whole[9] != std::byte{1} || whole[10] > std::byte{2})
            whole[9] = whole[10] = std::byte{1};
        if (whole[11] > std::byte{2})
            std::memcpy(&whole[11], square_pixels.data(), square_pixels.size());
        whole[16] = whole[17] = std::byte{0}; // the thumbnail's width and height
        excision_.replace(MetadataKind::thumbnail, segment.begin, segment.end, whole);
    }

    /// Keeps Adobe's colour transform alone.
    [[nodiscard]] result<void> shorten_adobe(const JpegSegment& segment) {
        const auto transform = bytes_.u8(segment.body + adobe_size - 1);
        if (adobe_transform_ && *adobe_transform_ != transform)
            return corrupt("The JPEG has two Adobe segments with different colour transforms");
        if (std::exchange(adobe_transform_, transform)) {
            remove(segment);
            return {};
        }
        const auto head =
            std::as_bytes(std::span{"\xff\xee\0\x0e\x41\x64obe\0\x64\0\0\0\0"sv}); // version 100
        std::vector<std::byte> whole{head.begin(), head.end()};
        whole.push_back(std::byte{transform});
        excision_.replace(MetadataKind::application_data, segment.begin, segment.end, whole);
        return {};
    }

    /// Viewers take the orientation from the first EXIF block.
    void replace_exif(const JpegSegment& segment) {
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
        const auto end = reader_.position();
        const bool picture = bytes_.matches(end, jpeg_signature);
        excision_.remove(picture ? MetadataKind::extra_image : MetadataKind::trailing_data, end,
                         bytes_.size());
    }

    ByteView bytes_;
    Excision& excision_;
    JpegSurvey survey_;
    JpegReader reader_;
    JpegScans scans_;
    JpegFrame frame_;
    bool scanned_ = false;
    bool jfif_ = false;
    std::optional<std::uint8_t> adobe_transform_;
    bool exif_ = false;
    Orientation orientation_;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_jpeg(ByteView bytes, Excision& excision) {
    return JpegScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
