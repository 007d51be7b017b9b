#pragma once

#include "jpeg_scans.hpp"

#include "probe/jpeg_markers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace portrait::scrubbing {

inline constexpr std::string_view icc_signature{"ICC_PROFILE\0", 12};
/// The signature, the segment's number, and the number of segments.
inline constexpr std::uint64_t icc_head = 14;

bool has_tables(std::uint8_t marker);

struct JpegSegment {
    std::uint8_t marker = 0;
    std::uint64_t begin = 0; ///< the 0xFF of its marker
    std::uint64_t body = 0;  ///< after the length
    std::uint64_t end = 0;
    bool whole = true; ///< otherwise the file ends before it
};

/// Reads a JPEG from marker to marker.
class JpegReader {
public:
    explicit JpegReader(probing::ByteView bytes)
        : bytes_{bytes} {}

    std::uint64_t position() const { return position_; }
    void go_to(std::uint64_t position) { position_ = position; }

    /// Skips fill bytes and stray bytes, as decoders do, and stops behind a marker of two bytes; absent when
    /// there is none.
    std::optional<std::uint8_t> next_marker();

    /// Reads the segment behind its marker.
    [[nodiscard]] result<JpegSegment> segment_of(std::uint8_t marker);

    /// Skips to the first marker that doesn't belong to a scan. Restart markers do, and so do reserved
    /// markers, which come from damage: decoders find the next restart behind them.
    void skip_scan();

    bool starts_with(const JpegSegment& segment, std::string_view signature) const {
        return segment.end - segment.body >= signature.size() && bytes_.matches(segment.body, signature);
    }

private:
    probing::ByteView bytes_;
    std::uint64_t position_ = 2; // after SOI
};

/// What must be read before the first cut: which tables a scan uses, and the segments of the profile.
class JpegSurvey {
public:
    explicit JpegSurvey(probing::ByteView bytes);

    bool needs(const JpegTable& table) const;

    /// The end of the profile's part in a segment before the first scan; absent when the segments don't make
    /// up a profile.
    std::optional<std::uint64_t> profile_end(const JpegSegment& segment) const;

private:
    void read(const JpegReader& reader, const JpegSegment& segment);
    void mark(const JpegScan& scan);
    /// Segments are expected in their order.
    void add_profile(const JpegSegment& segment);
    void judge_profile();

    probing::ByteView bytes_;
    JpegFrame frame_;
    std::array<std::uint64_t, JpegTable::slots> latest_{};
    std::array<std::uint64_t, JpegTable::slots> marked_{};
    std::array<bool, 4> quantised_{}; ///< components: `probe` accepts at most four
    std::vector<std::uint64_t> needed_;
    bool scanned_ = false;
    std::vector<JpegSegment> profile_;
    bool profile_damaged_ = false;
    bool has_profile_ = false;
    std::uint64_t last_profile_ = 0;
    std::uint64_t last_profile_end_ = 0;
};

} // namespace portrait::scrubbing
