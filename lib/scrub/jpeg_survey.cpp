#include "jpeg_survey.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace portrait::scrubbing {

using namespace probing;

bool has_tables(std::uint8_t marker) {
    return marker == dqt || marker == dht || marker == dri;
}

std::optional<std::uint8_t> JpegReader::next_marker() {
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

result<JpegSegment> JpegReader::segment_of(std::uint8_t marker) {
    if (!is_frame_header(marker) && !has_tables(marker) && marker != dac && marker != dnl && marker != sos &&
        marker != com && !is_application(marker))
        return corrupt("The JPEG has a marker where none may be, so its metadata can't be separated "
                       "from its picture data");
    const std::uint64_t length = bytes_.has(position_, 2) ? bytes_.be16(position_) : 2;
    if (length < 2)
        return corrupt("The JPEG has a segment whose length is less than 2");
    JpegSegment segment{marker, position_ - 2, std::min(position_ + 2, bytes_.size()),
                        std::min(position_ + length, bytes_.size()), bytes_.has(position_, length)};
    position_ = segment.end;
    return segment;
}

void JpegReader::skip_scan() {
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

JpegSurvey::JpegSurvey(ByteView bytes)
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

bool JpegSurvey::needs(const JpegTable& table) const {
    return std::binary_search(needed_.begin(), needed_.end(), table.begin);
}

std::optional<std::uint64_t> JpegSurvey::profile_end(const JpegSegment& segment) const {
    if (!has_profile_ || segment.begin > last_profile_)
        return std::nullopt;
    return bytes_.u8(segment.body + icc_signature.size()) == profile_.size() ? last_profile_end_
                                                                             : segment.end;
}

void JpegSurvey::read(const JpegReader& reader, const JpegSegment& segment) {
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

void JpegSurvey::mark(const JpegScan& scan) {
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

void JpegSurvey::add_profile(const JpegSegment& segment) {
    const auto size = segment.end - segment.body;
    if (size < icc_head || bytes_.u8(segment.body + 12) != profile_.size() + 1) {
        profile_damaged_ = true;
        return;
    }
    profile_.push_back(segment);
}

void JpegSurvey::judge_profile() {
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

} // namespace portrait::scrubbing
