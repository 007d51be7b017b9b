#include "jpeg_markers.hpp"
#include "readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portrait::probing {
namespace {

constexpr std::uint64_t largest_frame_header = 8 + 3 * 4;

/// Segments that stb_image skips. DHT is not among them: see `stb_dimensions`.
bool is_plain(std::uint8_t marker) {
    return is_application(marker) || marker == com || marker == dqt || marker == dri;
}

bool has_length(std::uint8_t marker) {
    return is_plain(marker) || marker == dht || marker == dac || marker == dnl;
}

/// The name of a JPEG process that no picture viewer supports; empty for the others.
std::string_view unsupported_process(std::uint8_t marker) {
    if (marker == 0xc3 || marker == 0xcb)
        return "a lossless JPEG (SOF3 or SOF11)";
    if ((marker >= 0xc5 && marker <= 0xc7) || (marker >= 0xcd && marker <= sof15) || marker == dhp ||
        marker == exp)
        return "a hierarchical JPEG";
    return marker == sof55 ? "a JPEG-LS picture" : "";
}

struct Segment {
    std::uint64_t body = 0; ///< after the length
    std::uint64_t size = 0;
};

/// Walks from marker to marker until the first scan.
class SegmentWalk {
public:
    explicit SegmentWalk(ByteView bytes)
        : bytes_{bytes} {}

    [[nodiscard]] result<ImageHeader> read() {
        for (;;) {
            const auto marker = next_marker();
            if (!marker)
                return marker.error();
            if (stands_alone(*marker)) {
                plain_ = false;
                continue;
            }
            if (auto name = unsupported_process(*marker); !name.empty())
                return unsupported(name);
            if (*marker == sos)
                return finish();
            if (auto done = is_frame_header(*marker) ? read_frame(*marker) : read_other(*marker); !done)
                return done.error();
        }
    }

private:
    /// The next marker's code. Skips fill bytes (T.81 B.1.1.2) and stray bytes between segments, which some
    /// cameras write and decoders accept; both are paid for.
    [[nodiscard]] result<std::uint8_t> next_marker() {
        if (!budget_.step(2))
            return over_budget();
        for (bool in_marker = false;;) {
            if (!bytes_.has(position_, 1))
                return too_short(position_ + 1);
            const auto byte = bytes_.u8(position_++);
            if (byte != 0xff && byte != 0 && in_marker)
                return byte;
            in_marker = byte == 0xff;
            if (!budget_.look(1))
                return over_budget();
        }
    }

    [[nodiscard]] result<Segment> next_segment() {
        if (!bytes_.has(position_, 2))
            return too_short(position_ + 2);
        const std::uint64_t length = bytes_.be16(position_);
        if (length < 2)
            return corrupt("The JPEG has a segment whose length is less than 2");
        if (!bytes_.has(position_, length))
            return too_short(position_ + length);
        const Segment segment{position_ + 2, length - 2};
        position_ += length;
        return segment;
    }

    [[nodiscard]] result<void> read_other(std::uint8_t marker) {
        if (marker == eoi)
            return corrupt(framed_ ? "The JPEG ends without a scan, so it has no picture data"
                                   : "The JPEG ends without a frame header (SOF)");
        if (marker == soi)
            return corrupt("The JPEG has a second start of image (SOI) before its first scan");
        if (!has_length(marker))
            return corrupt(
                fmt::format("The JPEG has the unknown marker 0x{:02X} before its first scan", marker));
        const auto segment = next_segment();
        if (!segment)
            return segment.error();
        if (!framed_)
            plain_ = plain_ && is_plain(marker);
        if (marker == app0 && segment->size >= 14 && budget_.look(5))
            jfif_ = jfif_ || bytes_.matches(segment->body, {"JFIF\0", 5});
        if (marker == app14 && segment->size >= 12 && budget_.look(6) &&
            bytes_.matches(segment->body, "Adobe")) {
            adobe_ = true;
            adobe_transform_ = bytes_.u8(segment->body + 11);
        }
        return {};
    }

    [[nodiscard]] result<void> read_frame(std::uint8_t marker) {
        if (framed_)
            return corrupt("The JPEG has two frame headers (SOF)");
        const auto segment = next_segment();
        if (!segment)
            return segment.error();
        if (segment->size < 6)
            return corrupt("The JPEG's frame header (SOF) is too short");
        const auto body = segment->body;
        const auto bits = bytes_.u8(body);
        const auto height = bytes_.be16(body + 1);
        const auto width = bytes_.be16(body + 3);
        const auto components = bytes_.u8(body + 5);
        if (components == 0 || segment->size != 6 + 3U * components)
            return corrupt("The JPEG's frame header (SOF) has a length that does not fit its components");
        if (bits != 8 && (bits != 12 || marker == sof0))
            return corrupt(
                fmt::format("The JPEG's frame header (SOF) has {} bits a sample; 8 and 12 are known", bits));
        if (components > 4)
            return unsupported(fmt::format("a JPEG of {} components", components));
        if (components == 2)
            return unsupported_encoding("a JPEG of 2 components");
        if (bits == 12)
            return unsupported_encoding("a JPEG of 12 bits a sample");
        if (auto sampled = check_sampling(body + 6, components); !sampled)
            return sampled;
        // A height of zero is legal with DNL after the first scan, which no common decoder reads.
        if (width == 0 || height == 0)
            return zero_dimension("JPEG", width, height);
        framed_ = true;
        frame_ = body;
        frame_end_ = position_;
        frame_marker_ = marker;
        header_ = {.format = ImageFormat::jpeg,
                   .width = width,
                   .height = height,
                   .bits_per_sample = bits,
                   .samples = components,
                   .progressive = marker == sof2 || marker == sof10};
        return {};
    }

    [[nodiscard]] result<void> check_sampling(std::uint64_t position, std::uint8_t components) {
        for (std::uint8_t index = 0; index < components; ++index, position += 3) {
            const auto sampling = bytes_.u8(position + 1);
            const auto across = sampling >> 4;
            const auto down = sampling & 15;
            if (across < 1 || across > 4 || down < 1 || down > 4 || bytes_.u8(position + 2) > 3)
                return corrupt("The JPEG's frame header (SOF) has a component that is not valid");
        }
        return {};
    }

    /// At the first scan: all segments that affect the header were read.
    [[nodiscard]] result<ImageHeader> finish() {
        if (!framed_)
            return corrupt("The JPEG has a scan before any frame header (SOF)");
        if (auto scan = next_segment(); !scan)
            return scan.error();
        header_.color = color();
        if (stb_disagrees())
            return corrupt("The JPEG's dimensions can be read in two ways");
        return header_;
    }

    /// As in libjpeg: by JFIF, then by Adobe's transform, then by the components' ids.
    ColorModel color() const {
        if (header_.samples == 1)
            return ColorModel::grey;
        if (header_.samples != 3)
            return header_.samples == 4 ? ColorModel::cmyk : ColorModel::other;
        if (jfif_)
            return ColorModel::ycbcr;
        if (adobe_)
            return adobe_transform_ == 0 ? ColorModel::rgb : ColorModel::ycbcr;
        const auto id = [this](std::uint64_t index) { return bytes_.u8(frame_ + 6 + 3 * index); };
        return id(0) == 'R' && id(1) == 'G' && id(2) == 'B' ? ColorModel::rgb : ColorModel::ycbcr;
    }

    /// stb_image reads the file itself if it supports every segment before a near frame header. Otherwise it
    /// gets the frame header alone: then unknown segments and DHT, which it doesn't read safely, can't
    /// disturb it, and its cost doesn't depend on the frame header's position.
    bool stb_disagrees() {
        if (frame_marker_ > sof2 || header_.bits_per_sample != 8 || header_.samples == 2)
            return false;
        const Dimensions ours{header_.width, header_.height};
        if (plain_ && frame_end_ <= stb_prefix && budget_.look(frame_end_))
            return stb_contradicts(bytes_.part(0, frame_end_), ours);
        const auto frame = bytes_.part(frame_ - 2, frame_end_ - (frame_ - 2));
        std::array<std::byte, 4 + largest_frame_header> alone{std::byte{0xff}, std::byte{soi},
                                                              std::byte{0xff}, std::byte{frame_marker_}};
        std::copy(frame.begin(), frame.end(), alone.begin() + 4);
        return stb_contradicts(std::span{alone}.first(4 + frame.size()), ours);
    }

    Error over_budget() const { return out_of_budget("JPEG", framed_ ? "first scan" : "frame header (SOF)"); }
    Error too_short(std::uint64_t needed) const {
        return truncated(framed_ ? "JPEG's first scan" : "JPEG's frame header (SOF)", bytes_, needed);
    }

    ByteView bytes_;
    std::uint64_t position_ = 2; // after SOI
    Budget budget_;
    ImageHeader header_;
    bool framed_ = false;
    bool plain_ = true; ///< stb_image supports all segments so far
    bool jfif_ = false;
    bool adobe_ = false;
    std::uint8_t adobe_transform_ = 0;
    std::uint8_t frame_marker_ = 0;
    std::uint64_t frame_ = 0; ///< the beginning of the frame header's body
    std::uint64_t frame_end_ = 0;
};

} // namespace

[[nodiscard]] result<ImageHeader> read_jpeg(ByteView bytes) {
    return SegmentWalk{bytes}.read();
}

} // namespace portrait::probing
