#include "jpeg_scans.hpp"

#include "probe/jpeg_markers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
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
constexpr auto icc_signature = "ICC_PROFILE\0"sv;
constexpr std::uint64_t icc_head = 14; ///< the signature, the segment's number, and the number of segments
constexpr auto adobe_signature = "Adobe"sv;
constexpr std::uint64_t adobe_size = 12;

bool is_frame_header(std::uint8_t marker) {
    return marker >= sof0 && marker <= sof15 && marker != dht && marker != jpg && marker != dac;
}

bool has_tables(std::uint8_t marker) {
    return marker == dqt || marker == dht || marker == dri;
}

struct Segment {
    std::uint8_t marker = 0;
    std::uint64_t begin = 0; ///< the 0xFF of its marker
    std::uint64_t body = 0;  ///< after the length
    std::uint64_t end = 0;
    bool whole = true; ///< otherwise the file ends before it
};

/// Reads a JPEG from marker to marker.
class JpegReader {
public:
    explicit JpegReader(ByteView bytes)
        : bytes_{bytes} {}

    std::uint64_t position() const { return position_; }
    void go_to(std::uint64_t position) { position_ = position; }

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
        if (!is_frame_header(marker) && !has_tables(marker) && marker != dac && marker != dnl &&
            marker != sos && marker != com && !is_application(marker))
            return corrupt("The JPEG has a marker where none may be, so its metadata can't be told "
                           "from its picture data");
        const std::uint64_t length = bytes_.has(position_, 2) ? bytes_.be16(position_) : 2;
        if (length < 2)
            return corrupt("The JPEG has a segment whose length is less than 2");
        Segment segment{marker, position_ - 2, std::min(position_ + 2, bytes_.size()),
                        std::min(position_ + length, bytes_.size()), bytes_.has(position_, length)};
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

    bool starts_with(const Segment& segment, std::string_view signature) const {
        return segment.end - segment.body >= signature.size() && bytes_.matches(segment.body, signature);
    }

private:
    ByteView bytes_;
    std::uint64_t position_ = 2; // after SOI
};

/// What must be read before the first cut: which tables a scan uses, and the segments of the profile.
class JpegSurvey {
public:
    explicit JpegSurvey(ByteView bytes)
        : bytes_{bytes} {
        JpegReader reader{bytes};
        for (;;) {
            const auto marker = reader.next_marker();
            if (!marker || *marker == eoi)
                break;
            if (stands_alone(*marker))
                continue;
            const auto segment = reader.segment_of(*marker);
            if (!segment || !segment->whole)
                break;
            if (*marker == sos)
                reader.skip_scan();
            read(reader, *segment);
        }
        std::sort(needed_.begin(), needed_.end());
        judge_profile();
    }

    bool needs(const JpegTable& table) const {
        return std::binary_search(needed_.begin(), needed_.end(), table.begin);
    }

    /// The end of the profile's part in a segment before the first scan; absent when the segments don't make
    /// up a profile.
    std::optional<std::uint64_t> profile_end(const Segment& segment) const {
        if (!has_profile_ || segment.begin > last_profile_)
            return std::nullopt;
        return bytes_.u8(segment.body + icc_signature.size()) == profile_.size() ? last_profile_end_
                                                                                 : segment.end;
    }

private:
    void read(const JpegReader& reader, const Segment& segment) {
        if (has_tables(segment.marker)) {
            for (const auto& table : jpeg_tables(bytes_, segment.marker, segment.body, segment.end))
                latest_[table.slot] = table.begin;
        } else if (is_frame_header(segment.marker) && frame_.components.empty()) {
            frame_ = JpegFrame::read(bytes_, segment.marker, segment.body);
        } else if (segment.marker == sos) {
            scanned_ = true;
            if (const auto scan = JpegScan::read(bytes_, segment.body, segment.end, frame_))
                mark(*scan);
        } else if (segment.marker == app2 && !scanned_ && reader.starts_with(segment, icc_signature)) {
            add_profile(segment);
        }
    }

    void mark(const JpegScan& scan) {
        auto needed = scan.needed_tables(frame_);
        // Decoders take a component's quantisation when its first scan begins.
        for (const auto& component : scan.components) {
            const auto slot = frame_.components[component.index].quantisation;
            if (!std::exchange(quantised_[component.index], true) && slot < 4)
                needed.set(slot);
        }
        for (std::size_t slot = 0; slot < latest_.size(); ++slot) {
            if (needed[slot] && latest_[slot] != 0 && marked_[slot] != latest_[slot]) {
                marked_[slot] = latest_[slot];
                needed_.push_back(latest_[slot]);
            }
        }
    }

    /// Segments are expected in their order.
    void add_profile(const Segment& segment) {
        const auto size = segment.end - segment.body;
        if (size < icc_head || bytes_.u8(segment.body + 12) != profile_.size() + 1) {
            profile_damaged_ = true;
            return;
        }
        profile_.push_back(segment);
    }

    void judge_profile() {
        std::uint64_t size = 0;
        std::vector<std::byte> head;
        for (const auto& segment : profile_) {
            profile_damaged_ = profile_damaged_ || bytes_.u8(segment.body + 13) != profile_.size();
            const auto part = bytes_.part(segment.body + icc_head, segment.end - segment.body - icc_head);
            if (head.size() < icc_header_size)
                head.insert(head.end(), part.begin(), part.end());
            size += part.size();
        }
        if (profile_damaged_ || head.size() < icc_header_size)
            return;
        const auto& last = profile_.back();
        const auto stated = ByteView{head}.be32(0);
        const auto surplus = size - std::min<std::uint64_t>(size, stated);
        has_profile_ = is_icc_profile(head, size - surplus) && surplus < last.end - last.body - icc_head;
        last_profile_ = last.begin;
        last_profile_end_ = last.end - surplus;
    }

    ByteView bytes_;
    JpegFrame frame_;
    std::array<std::uint64_t, JpegTable::slots> latest_{};
    std::array<std::uint64_t, JpegTable::slots> marked_{};
    std::array<bool, 4> quantised_{}; ///< components: `probe` accepts at most four
    std::vector<std::uint64_t> needed_;
    bool scanned_ = false;
    std::vector<Segment> profile_;
    bool profile_damaged_ = false;
    bool has_profile_ = false;
    std::uint64_t last_profile_ = 0;
    std::uint64_t last_profile_end_ = 0;
};

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
    [[nodiscard]] result<void> scrub_segment(const Segment& segment) {
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

    [[nodiscard]] result<void> read_frame(const Segment& segment) {
        if (!frame_.components.empty())
            return corrupt("The JPEG has two frame headers (SOF)");
        frame_ = JpegFrame::read(bytes_, segment.marker, segment.body);
        scans_.set_frame(frame_);
        return {};
    }

    [[nodiscard]] result<void> scrub_scan(const Segment& segment) {
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
    void shorten_tables(const Segment& segment) {
        std::vector<std::span<const std::byte>> kept;
        for (const auto& table : jpeg_tables(bytes_, segment.marker, segment.body, segment.end)) {
            scans_.define(table);
            if (survey_.needs(table))
                kept.push_back(bytes_.part(table.begin, table.end - table.begin));
        }
        shorten(segment, kept);
    }

    /// Of arithmetic coding: pairs of a table's number and its value.
    void shorten_conditioning(const Segment& segment) {
        if (!frame_.arithmetic)
            return remove(segment);
        shorten(segment, {bytes_.part(segment.body, (segment.end - segment.body) & ~std::uint64_t{1})});
    }

    /// Keeps these parts of a segment's body.
    void shorten(const Segment& segment, const std::vector<std::span<const std::byte>>& parts) {
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

    void remove(const Segment& segment) { excision_.remove(kind_of(segment), segment.begin, segment.end); }

    [[nodiscard]] result<void> scrub_metadata(const Segment& segment) {
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

    std::optional<std::uint64_t> profile_end(const Segment& segment) const {
        if (segment.marker != app2 || !reader_.starts_with(segment, icc_signature))
            return std::nullopt;
        return survey_.profile_end(segment);
    }

    MetadataKind kind_of(const Segment& segment) {
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
    void shorten_jfif(const Segment& segment) {
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
    [[nodiscard]] result<void> shorten_adobe(const Segment& segment) {
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
