#pragma once

#include "scrubbers.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

namespace portrait::scrubbing {

/// A table of a DQT or DHT segment, or the interval of a DRI segment.
struct JpegTable {
    static constexpr std::size_t slots = 13;

    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    /// The definition that it replaces: four quantisation tables, four Huffman tables for DC, four for AC,
    /// the restart interval.
    std::size_t slot = 0;
};

/// The tables in the body of a DQT, DHT or DRI segment, up to the first that is damaged.
std::vector<JpegTable> jpeg_tables(probing::ByteView bytes, std::uint8_t marker, std::uint64_t body,
                                   std::uint64_t end);

/// The fields of a frame header.
struct JpegFrame {
    struct Component {
        std::uint8_t id = 0;
        std::uint8_t across = 1; ///< its sampling factors
        std::uint8_t down = 1;
        std::uint8_t quantisation = 0;
    };

    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool progressive = false;
    bool arithmetic = false;
    std::vector<Component> components;

    /// Of a frame header that `probe` has accepted.
    static JpegFrame read(probing::ByteView bytes, std::uint8_t marker, std::uint64_t body);

    std::uint32_t most_across() const;
    std::uint32_t most_down() const;
};

/// The fields of a scan header.
struct JpegScan {
    struct Component {
        std::size_t index = 0; ///< in the frame
        std::uint8_t dc = 0;   ///< its Huffman tables
        std::uint8_t ac = 0;
    };

    std::vector<Component> components;
    std::uint8_t first = 0; ///< coefficients
    std::uint8_t last = 63;
    bool refines = false;
    std::uint64_t end = 0; ///< of the header, without surplus bytes

    /// Absent when decoders would refuse it.
    static std::optional<JpegScan> read(probing::ByteView bytes, std::uint64_t body, std::uint64_t end,
                                        const JpegFrame& frame);

    /// The slots of the tables that its decoding needs, apart from those for quantisation.
    std::bitset<JpegTable::slots> needed_tables(const JpegFrame& frame) const;
};

/// Follows Huffman-coded scans to the last bit that libjpeg decodes, without making coefficients.
class JpegScans {
public:
    JpegScans(probing::ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    void set_frame(JpegFrame frame) { frame_ = std::move(frame); }
    void define(const JpegTable& table) { tables_[table.slot] = table; }

    /// Cuts out what isn't decoded between `data`, behind the scan's header, and the marker behind the scan;
    /// returns that marker's position, or the file's end. Errors: `image_corrupt`.
    [[nodiscard]] result<std::uint64_t> scrub(const JpegScan& scan, std::uint64_t data);

private:
    struct HuffmanTable {
        std::array<std::int32_t, 17> most{}; ///< the largest code of each length, or -1
        std::array<std::int32_t, 17> offset{};
        std::uint64_t symbols = 0; ///< their position
        std::uint32_t count = 0;
    };
    /// The blocks of a component.
    struct Blocks {
        std::uint32_t across = 0;
        std::vector<std::uint64_t> nonzero; ///< a bit for each coefficient; for progressive pictures
    };

    [[nodiscard]] result<void> begin(const JpegScan& scan, std::uint64_t data);
    bool read_table(std::size_t slot);
    void decode_units(const JpegScan& scan, std::uint64_t from, std::uint64_t to);
    void decode_block(const JpegScan& scan, const JpegScan::Component& component, std::uint64_t block);
    void decode_sequential(const JpegScan::Component& component);
    void decode_first(const JpegScan& scan, const JpegScan::Component& component, std::uint64_t block);
    void decode_refinement(const JpegScan& scan, const JpegScan::Component& component, std::uint64_t block);
    void decode_difference(std::uint8_t table);
    void start_run(unsigned length);
    unsigned symbol(std::size_t slot);
    unsigned bits(unsigned count);
    unsigned bit();

    probing::ByteView bytes_;
    Excision& excision_;
    JpegFrame frame_;
    std::array<std::optional<JpegTable>, JpegTable::slots> tables_;
    std::array<HuffmanTable, JpegTable::slots> codes_;
    std::vector<Blocks> blocks_;
    unsigned scans_ = 0;
    std::uint64_t consumed_ = 0; ///< bytes of code, of all scans so far

    // Of the present scan:
    std::uint64_t units_across_ = 0; ///< MCUs
    std::uint64_t units_ = 0;
    std::uint64_t position_ = 0;
    unsigned buffer_ = 0;
    unsigned kept_ = 0;
    bool at_marker_ = false;
    std::uint32_t run_ = 0; ///< blocks without further coefficients
};

} // namespace portrait::scrubbing
