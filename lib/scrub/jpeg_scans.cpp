#include "jpeg_scans.hpp"

#include "probe/jpeg_markers.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace portrait::scrubbing {
namespace {

using namespace probing;

constexpr std::size_t dc_slots = 4;
constexpr std::size_t ac_slots = 8;
constexpr std::size_t interval_slot = 12;
constexpr std::uint64_t interval_size = 2;
constexpr unsigned longest_jpeg_code = 16;

/// Bounds of progressive pictures: a scan can cost little more than its header, and each visits all blocks.
constexpr unsigned most_progressive_scans = 100;
/// Each block has a bit in a first scan, which may lack the blocks of the padding.
constexpr std::uint64_t most_blocks_per_byte = 64;
constexpr std::uint64_t smallest_coding = 64;                ///< bytes
constexpr std::uint64_t most_progressive_blocks = 1U << 24U; ///< of all components, about 1 GP

std::uint64_t quotient_up(std::uint64_t number, std::uint64_t divisor) {
    return (number + divisor - 1) / divisor;
}

std::optional<JpegTable> jpeg_table(ByteView bytes, std::uint8_t marker, std::uint64_t at) {
    if (marker == dri)
        return JpegTable{at, at + interval_size, interval_slot};
    const auto number = bytes.u8(at) & 15U;
    const auto kind = bytes.u8(at) >> 4U;
    if (number > 3 || kind > 1)
        return std::nullopt;
    if (marker == dqt)
        return JpegTable{at, at + 1 + (kind != 0 ? 128U : 64U), number};
    if (!bytes.has(at, 1 + longest_jpeg_code))
        return std::nullopt;
    std::uint64_t symbols = 0;
    for (unsigned length = 1; length <= longest_jpeg_code; ++length)
        symbols += bytes.u8(at + length);
    if (symbols > 256)
        return std::nullopt;
    return JpegTable{at, at + 1 + longest_jpeg_code + symbols, (kind != 0 ? ac_slots : dc_slots) + number};
}

struct Marker {
    std::uint64_t begin = 0;
    std::uint8_t code = 0;
};

/// The first marker from `position` on that decoders don't skip within a scan.
std::optional<Marker> marker_behind(ByteView bytes, std::uint64_t position) {
    for (; bytes.has(position, 2); ++position)
        if (bytes.u8(position) == 0xff && bytes.u8(position + 1) >= sof0 && bytes.u8(position + 1) != 0xff)
            return Marker{position, bytes.u8(position + 1)};
    return std::nullopt;
}

} // namespace

std::vector<JpegTable> jpeg_tables(ByteView bytes, std::uint8_t marker, std::uint64_t body,
                                   std::uint64_t end) {
    std::vector<JpegTable> tables;
    for (auto at = body; at < end;) {
        const auto table = jpeg_table(bytes, marker, at);
        if (!table || table->end > end)
            break;
        tables.push_back(*table);
        if (marker == dri)
            break;
        at = table->end;
    }
    return tables;
}

JpegFrame JpegFrame::read(ByteView bytes, std::uint8_t marker, std::uint64_t body) {
    constexpr std::uint8_t sof9 = 0xc9;
    JpegFrame frame{.width = bytes.be16(body + 3),
                    .height = bytes.be16(body + 1),
                    .progressive = marker == sof2 || marker == sof10,
                    .arithmetic = marker == sof9 || marker == sof10,
                    .components = {}};
    for (std::uint64_t index = 0, at = body + 6; index < bytes.u8(body + 5); ++index, at += 3)
        frame.components.push_back({.id = bytes.u8(at),
                                    .across = static_cast<std::uint8_t>(bytes.u8(at + 1) >> 4U),
                                    .down = static_cast<std::uint8_t>(bytes.u8(at + 1) & 15U),
                                    .quantisation = bytes.u8(at + 2)});
    return frame;
}

std::uint32_t JpegFrame::most_across() const {
    std::uint32_t most = 1;
    for (const auto& component : components)
        most = std::max<std::uint32_t>(most, component.across);
    return most;
}

std::uint32_t JpegFrame::most_down() const {
    std::uint32_t most = 1;
    for (const auto& component : components)
        most = std::max<std::uint32_t>(most, component.down);
    return most;
}

std::optional<JpegScan> JpegScan::read(ByteView bytes, std::uint64_t body, std::uint64_t end,
                                       const JpegFrame& frame) {
    const std::uint64_t count = body < end ? bytes.u8(body) : 0;
    if (count < 1 || count > frame.components.size() || end - body < 4 + 2 * count)
        return std::nullopt;
    JpegScan scan;
    for (auto at = body + 1; scan.components.size() < count; at += 2) {
        const auto found = std::find_if(frame.components.begin(), frame.components.end(),
                                        [&](const auto& component) { return component.id == bytes.u8(at); });
        const auto dc = static_cast<std::uint8_t>(bytes.u8(at + 1) >> 4U);
        const auto ac = static_cast<std::uint8_t>(bytes.u8(at + 1) & 15U);
        if (found == frame.components.end() || dc > 3 || ac > 3)
            return std::nullopt;
        scan.components.push_back({static_cast<std::size_t>(found - frame.components.begin()), dc, ac});
    }
    scan.end = body + 4 + 2 * count;
    if (!frame.progressive)
        return scan;
    scan.first = bytes.u8(scan.end - 3);
    scan.last = bytes.u8(scan.end - 2);
    scan.refines = bytes.u8(scan.end - 1) >> 4U != 0;
    const bool sound =
        scan.first == 0 ? scan.last == 0 : scan.first <= scan.last && scan.last < 64 && count == 1;
    return sound ? std::optional{scan} : std::nullopt;
}

std::bitset<JpegTable::slots> JpegScan::needed_tables(const JpegFrame& frame) const {
    std::bitset<JpegTable::slots> needed;
    needed.set(interval_slot);
    if (frame.arithmetic)
        return needed;
    for (const auto& component : components) {
        if (!frame.progressive || (first == 0 && !refines))
            needed.set(dc_slots + component.dc);
        if (!frame.progressive || first != 0)
            needed.set(ac_slots + component.ac);
    }
    return needed;
}

result<std::uint64_t> JpegScans::scrub(const JpegScan& scan, std::uint64_t data) {
    if (auto begun = begin(scan, data); !begun)
        return begun.error();
    const auto& interval_table = tables_[interval_slot];
    const std::uint64_t interval = interval_table ? bytes_.be16(interval_table->begin) : 0;
    std::uint8_t restarts = 0;
    for (std::uint64_t unit = 0;;) {
        const auto next = interval == 0 ? units_ : std::min(units_, unit + interval);
        decode_units(scan, unit, next);
        unit = next;
        // Restarts without an interval, or behind the last unit, are skipped by decoders.
        auto marker = marker_behind(bytes_, position_);
        while (unit == units_ && marker && marker->code >= rst0 && marker->code <= rst7)
            marker = marker_behind(bytes_, marker->begin + 2);
        const auto end = marker ? marker->begin : bytes_.size();
        excision_.remove(MetadataKind::trailing_data, position_, end);
        if (!marker || marker->code < rst0 || marker->code > rst7)
            return end;
        if (marker->code != rst0 + (restarts & 7U))
            return corrupt(
                "The JPEG has a restart marker out of order, so hidden data can't be separated from "
                "its picture data");
        ++restarts;
        position_ = end + 2;
        kept_ = 0;
        at_marker_ = false;
        run_ = 0;
    }
}

result<void> JpegScans::begin(const JpegScan& scan, std::uint64_t data) {
    position_ = data;
    kept_ = 0;
    at_marker_ = false;
    run_ = 0;
    const auto most_across = frame_.most_across();
    const auto most_down = frame_.most_down();
    units_across_ = quotient_up(frame_.width, 8ULL * most_across);
    auto units_down = quotient_up(frame_.height, 8ULL * most_down);
    if (frame_.progressive) {
        std::uint64_t blocks = 0;
        for (const auto& component : frame_.components)
            blocks += units_across_ * units_down * component.across * component.down;
        // Each block has at least a bit in the first scan.
        if (++scans_ > most_progressive_scans || blocks > most_progressive_blocks)
            return corrupt("The JPEG has more scans or blocks than are searched for hidden data");
        blocks_.resize(frame_.components.size());
        for (const auto& component : scan.components) {
            auto& place = blocks_[component.index];
            const auto& sampling = frame_.components[component.index];
            place.across = static_cast<std::uint32_t>(units_across_ * sampling.across);
            const auto count = units_across_ * units_down * sampling.across * sampling.down;
            if (scan.first == 0 || !place.nonzero.empty())
                continue;
            // The coded bytes and not the file's: a second scrub must judge the same.
            if (count > most_blocks_per_byte * (consumed_ + smallest_coding))
                return corrupt("The JPEG has fewer bytes than its blocks need");
            place.nonzero.resize(static_cast<std::size_t>(count));
        }
    }
    if (scan.components.size() == 1) {
        const auto& only = frame_.components[scan.components.front().index];
        units_across_ = quotient_up(quotient_up(std::uint64_t{frame_.width} * only.across, most_across), 8);
        units_down = quotient_up(quotient_up(std::uint64_t{frame_.height} * only.down, most_down), 8);
    }
    units_ = units_across_ * units_down;
    const auto needed = scan.needed_tables(frame_);
    for (std::size_t slot = dc_slots; slot < interval_slot; ++slot)
        if (needed[slot] && !read_table(slot))
            return corrupt("The JPEG has a scan whose Huffman table is missing or damaged");
    return {};
}

bool JpegScans::read_table(std::size_t slot) {
    if (!tables_[slot])
        return false;
    const auto at = tables_[slot]->begin;
    auto& table = codes_[slot];
    table.symbols = at + 1 + longest_jpeg_code;
    std::int32_t code = 0;
    std::int32_t index = 0;
    for (unsigned length = 1; length <= longest_jpeg_code; ++length) {
        const std::int32_t count = bytes_.u8(at + length);
        table.offset[length] = index - code;
        code += count;
        index += count;
        if (code > 1 << length)
            return false;
        table.most[length] = count != 0 ? code - 1 : -1;
        code <<= 1;
    }
    return true;
}

void JpegScans::decode_units(const JpegScan& scan, std::uint64_t from, std::uint64_t to) {
    const bool interleaved = scan.components.size() > 1;
    for (auto unit = from; unit < to && !at_marker_; ++unit) {
        if (!interleaved) {
            const auto& component = scan.components.front();
            if (run_ != 0 && !scan.refines) { // nothing to read
                const auto skipped = std::min<std::uint64_t>(run_, to - unit);
                run_ -= static_cast<std::uint32_t>(skipped);
                unit += skipped - 1;
                continue;
            }
            const std::uint64_t across = frame_.progressive ? blocks_[component.index].across : 0;
            decode_block(scan, component, unit / units_across_ * across + unit % units_across_);
            continue;
        }
        for (const auto& component : scan.components) {
            const auto& sampling = frame_.components[component.index];
            for (unsigned block = 0; block < unsigned{sampling.across} * sampling.down; ++block)
                decode_block(scan, component, 0); // only DC, or sequential: the block doesn't matter
        }
    }
}

void JpegScans::decode_block(const JpegScan& scan, const JpegScan::Component& component,
                             std::uint64_t block) {
    if (!frame_.progressive)
        decode_sequential(component);
    else if (scan.first == 0)
        scan.refines ? void(bit()) : decode_difference(component.dc);
    else if (scan.refines)
        decode_refinement(scan, component, block);
    else
        decode_first(scan, component, block);
}

void JpegScans::decode_difference(std::uint8_t table) {
    bits(std::min(symbol(dc_slots + table), 16U));
}

void JpegScans::decode_sequential(const JpegScan::Component& component) {
    decode_difference(component.dc);
    for (unsigned index = 1; index < 64; ++index) {
        const auto code = symbol(ac_slots + component.ac);
        const auto zeros = code >> 4U;
        if ((code & 15U) == 0) {
            if (zeros != 15)
                return;
            index += 15;
        } else {
            index += zeros;
            bits(code & 15U);
        }
    }
}

void JpegScans::start_run(unsigned length) {
    run_ = (1U << length) + bits(length);
}

void JpegScans::decode_first(const JpegScan& scan, const JpegScan::Component& component,
                             std::uint64_t block) {
    auto& nonzero = blocks_[component.index].nonzero[static_cast<std::size_t>(block)];
    for (unsigned index = scan.first; index <= scan.last; ++index) {
        const auto code = symbol(ac_slots + component.ac);
        const auto zeros = code >> 4U;
        if ((code & 15U) != 0) {
            index += zeros;
            bits(code & 15U);
            nonzero |= std::uint64_t{1} << std::min(index, 63U);
        } else if (zeros == 15) {
            index += 15;
        } else {
            start_run(zeros);
            --run_; // this block
            return;
        }
    }
}

void JpegScans::decode_refinement(const JpegScan& scan, const JpegScan::Component& component,
                                  std::uint64_t block) {
    auto& nonzero = blocks_[component.index].nonzero[static_cast<std::size_t>(block)];
    unsigned index = scan.first;
    for (; run_ == 0 && index <= scan.last; ++index) {
        const auto code = symbol(ac_slots + component.ac);
        auto zeros = code >> 4U;
        const bool sets = (code & 15U) != 0;
        if (sets) {
            bit(); // its sign
        } else if (zeros != 15) {
            start_run(zeros);
            break;
        }
        for (; index <= scan.last; ++index) {
            if ((nonzero >> index & 1U) != 0)
                bit();
            else if (zeros-- == 0)
                break;
        }
        if (sets)
            nonzero |= std::uint64_t{1} << std::min(index, 63U);
    }
    if (run_ == 0)
        return;
    if (index <= scan.last) {
        const auto rest = (nonzero >> index) << index;
        const auto band = scan.last == 63 ? rest : rest & ((std::uint64_t{1} << (scan.last + 1U)) - 1);
        bits(static_cast<unsigned>(std::popcount(band)));
    }
    --run_;
}

/// As libjpeg: bits that are no code are 0, and 17 bits are gone.
unsigned JpegScans::symbol(std::size_t slot) {
    const auto& table = codes_[slot];
    std::int32_t code = 0;
    for (unsigned length = 1; length <= longest_jpeg_code; ++length) {
        code = code << 1 | static_cast<std::int32_t>(bit());
        if (code <= table.most[length])
            return bytes_.u8(table.symbols + static_cast<std::uint64_t>(code + table.offset[length]));
    }
    bit();
    return 0;
}

unsigned JpegScans::bits(unsigned count) {
    unsigned value = 0;
    for (; count != 0; --count)
        value = value << 1U | bit();
    return value;
}

/// Zeros behind the data, as in libjpeg.
unsigned JpegScans::bit() {
    if (kept_ == 0) {
        if (at_marker_)
            return 0;
        auto at = position_;
        if (bytes_.has(at, 1) && bytes_.u8(at) == 0xff) {
            while (bytes_.has(at, 1) && bytes_.u8(at) == 0xff)
                ++at;
            at_marker_ = !bytes_.has(at, 1) || bytes_.u8(at) != 0;
            buffer_ = 0xff;
        } else {
            at_marker_ = !bytes_.has(at, 1);
            buffer_ = at_marker_ ? 0 : bytes_.u8(at);
        }
        if (at_marker_)
            return 0;
        position_ = at + 1;
        ++consumed_;
        kept_ = 8;
    }
    --kept_;
    return buffer_ >> kept_ & 1U;
}

} // namespace portrait::scrubbing
