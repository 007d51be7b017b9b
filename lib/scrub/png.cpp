#include "scrubbers.hpp"
#include "zlib_extent.hpp"

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

/// An ancillary chunk that affects how the picture is shown, and its size.
struct ShownChunk {
    std::string_view name;
    std::uint8_t size;
};
constexpr std::array shown_chunks{ShownChunk{"gAMA"sv, 4}, ShownChunk{"cHRM"sv, 32}, ShownChunk{"sRGB"sv, 1},
                                  ShownChunk{"cICP"sv, 4}, ShownChunk{"mDCV"sv, 24}, ShownChunk{"cLLI"sv, 8},
                                  ShownChunk{"pHYs"sv, 9}, ShownChunk{"sBIT"sv, 0},  ShownChunk{"bKGD"sv, 0},
                                  ShownChunk{"tRNS"sv, 0}}; // 0: by the colour type

constexpr std::uint64_t fctl_size = 26;
constexpr std::uint64_t fdat_head = 4; // the sequence number

struct Chunk {
    std::string_view name;
    std::uint64_t begin = 0;
    std::uint64_t data = 0;
    std::uint64_t data_end = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return data_end - data; }
    bool is_whole() const { return end - data_end == 4; }
};

/// The fields of IHDR.
struct PngHeader {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint8_t depth = 0;
    std::uint8_t color_type = 0;
    bool interlaced = false;

    static constexpr std::uint8_t palette = 3;

    unsigned samples() const { return color_type == 2 ? 3 : color_type == 4 ? 2 : color_type == 6 ? 4 : 1; }

    /// The size of a frame's rows before compression.
    std::uint64_t rows_size(std::uint32_t across, std::uint32_t down) const {
        if (!interlaced)
            return pass_size(across, down);
        struct Pass {
            std::uint8_t x, y, dx, dy;
        };
        constexpr std::array passes{Pass{0, 0, 8, 8}, Pass{4, 0, 8, 8}, Pass{0, 4, 4, 8}, Pass{2, 0, 4, 4},
                                    Pass{0, 2, 2, 4}, Pass{1, 0, 2, 2}, Pass{0, 1, 1, 2}};
        std::uint64_t size = 0;
        for (const auto& pass : passes)
            if (across > pass.x && down > pass.y)
                size = std::max(size, size + pass_size((across - pass.x + pass.dx - 1U) / pass.dx,
                                                       (down - pass.y + pass.dy - 1U) / pass.dy));
        return size;
    }

private:
    std::uint64_t pass_size(std::uint64_t across, std::uint64_t down) const {
        const auto row = 1 + (across * samples() * depth + 7) / 8; // 1: the filter's type
        constexpr auto most = std::numeric_limits<std::uint64_t>::max() / 8;
        return down > most / row ? most : row * down;
    }
};

/// ImageMagick and exiftool store EXIF, XMP and IPTC in texts.
MetadataKind kind_of_text(std::string_view text) {
    constexpr auto raw = "Raw profile type "sv;
    if (text.starts_with("XML:com.adobe.xmp\0"sv))
        return MetadataKind::xmp;
    if (!text.starts_with(raw))
        return MetadataKind::text;
    text.remove_prefix(raw.size());
    if (text.starts_with("exif"sv) || text.starts_with("APP1"sv))
        return MetadataKind::exif;
    if (text.starts_with("xmp"sv))
        return MetadataKind::xmp;
    return text.starts_with("iptc"sv) || text.starts_with("8bim"sv) ? MetadataKind::iptc : MetadataKind::text;
}

std::array<std::byte, 4> big_endian(std::uint32_t number) {
    return std::bit_cast<std::array<std::byte, 4>>(boost::endian::native_to_big(number));
}

/// A whole chunk.
std::vector<std::byte> make_chunk(std::string_view name, std::span<const std::byte> data) {
    std::vector<std::byte> chunk;
    chunk.reserve(static_cast<std::size_t>(chunk_frame) + data.size());
    const auto add = [&](std::span<const std::byte> bytes) {
        chunk.insert(chunk.end(), bytes.begin(), bytes.end());
    };
    add(big_endian(static_cast<std::uint32_t>(data.size())));
    add(std::as_bytes(std::span{name}));
    add(data);
    add(big_endian(checksum(std::span{chunk}.subspan(4))));
    return chunk;
}

class PngScrub {
public:
    PngScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision}
        , header_{bytes.be32(16), bytes.be32(20), bytes.u8(24), bytes.u8(25), bytes.u8(28) != 0} {}

    [[nodiscard]] result<Orientation> run() {
        auto position =
            std::uint64_t{png_signature.size()} + chunk_frame + 13; // IHDR, which `probe` has judged
        while (bytes_.has(position, 8)) {
            const auto chunk = chunk_at(position);
            if (!chunk)
                return chunk.error();
            position = chunk->end;
            if (chunk->name == "IEND"sv) {
                excision_.replace(MetadataKind::trailing_data, chunk->begin, chunk->end,
                                  make_chunk("IEND"sv, {}));
                break;
            }
            if (auto scrubbed = scrub_chunk(*chunk); !scrubbed)
                return scrubbed.error();
        }
        excision_.remove(MetadataKind::trailing_data, position, bytes_.size());
        return orientation_;
    }

private:
    [[nodiscard]] result<Chunk> chunk_at(std::uint64_t position) const {
        const std::uint64_t length = bytes_.be32(position);
        const auto name = bytes_.text(position + 4, 4);
        if (!is_chunk_name(name) || length > largest_png_number)
            return corrupt("The PNG has something that is not a chunk where a chunk should begin");
        return Chunk{name, position, position + 8, std::min(position + 8 + length, bytes_.size()),
                     std::min(position + chunk_frame + length, bytes_.size())};
    }

    [[nodiscard]] result<void> scrub_chunk(const Chunk& chunk) {
        if (chunk.name == "IDAT"sv)
            return scrub_picture_data(chunk);
        if (chunk.name == "acTL"sv || chunk.name == "fcTL"sv || chunk.name == "fdAT"sv)
            return scrub_animation(chunk);
        if (chunk.name == "eXIf"sv)
            replace_exif(chunk);
        else if (chunk.name == "PLTE"sv)
            shorten_palette(chunk);
        else if (chunk.name == "iCCP"sv)
            replace_profile(chunk);
        else if (!is_ancillary(chunk.name))
            return corrupt(fmt::format("The PNG has an unexpected {} chunk", chunk.name));
        else if (!is_shown(chunk))
            remove(chunk);
        return {};
    }

    void remove(const Chunk& chunk) { excision_.remove(kind_of(chunk), chunk.begin, chunk.end); }

    MetadataKind kind_of(const Chunk& chunk) const {
        if (chunk.name == "tEXt"sv || chunk.name == "zTXt"sv || chunk.name == "iTXt"sv)
            return kind_of_text(bytes_.text(chunk.data, chunk.size()));
        return chunk.name == "tIME"sv ? MetadataKind::time : MetadataKind::application_data;
    }

    /// Decoders use the first chunk of each kind, before the pixels, of the right size and checksum.
    bool is_shown(const Chunk& chunk) {
        const auto* const shown = std::find_if(shown_chunks.begin(), shown_chunks.end(),
                                               [&](const auto& row) { return row.name == chunk.name; });
        if (shown == shown_chunks.end() || data_seen_ || !has_right_checksum(chunk))
            return false;
        const auto index = static_cast<std::size_t>(shown - shown_chunks.begin());
        const bool fits =
            shown->size != 0 ? chunk.size() == shown->size : fits_color_type(chunk.name, chunk.size());
        return fits && !std::exchange(seen_[index], true);
    }

    bool fits_color_type(std::string_view name, std::uint64_t size) const {
        const bool has_palette = header_.color_type == PngHeader::palette;
        const bool has_alpha = (header_.color_type & 4U) != 0;
        if (name == "sBIT"sv)
            return size == (has_palette ? 3U : header_.samples());
        if (name == "bKGD"sv)
            return size == (has_palette ? std::uint64_t{1}
                                        : std::uint64_t{2} * (header_.samples() - (has_alpha ? 1U : 0U)));
        if (has_palette)
            return size != 0 && size <= palette_entries_;
        return !has_alpha && size == std::uint64_t{2} * header_.samples();
    }

    bool has_right_checksum(const Chunk& chunk) const {
        return chunk.is_whole() &&
               bytes_.be32(chunk.data_end) == checksum(bytes_.part(chunk.begin + 4, chunk.size() + 4));
    }

    /// A wrong checksum is replaced, since it can be any data. Decoders don't read an incomplete one.
    void mend_checksum(const Chunk& chunk) {
        const auto right = big_endian(checksum(bytes_.part(chunk.begin + 4, chunk.size() + 4)));
        if (chunk.is_whole())
            excision_.replace(MetadataKind::trailing_data, chunk.data_end, chunk.end, right);
        else
            excision_.remove(MetadataKind::trailing_data, chunk.data_end, chunk.end);
    }

    /// Keeps the entries that pixels can have; a palette of another colour type is a suggestion.
    void shorten_palette(const Chunk& chunk) {
        if (header_.color_type != PngHeader::palette || data_seen_)
            return remove(chunk); // after the pixels it is cut off, or has no use
        const auto entries = std::min<std::uint64_t>(chunk.size() / 3, 1U << header_.depth);
        palette_entries_ = entries;
        if (entries * 3 == chunk.size())
            return mend_checksum(chunk);
        excision_.replace(MetadataKind::trailing_data, chunk.begin, chunk.end,
                          make_chunk("PLTE"sv, bytes_.part(chunk.data, entries * 3)));
    }

    /// The profile's name, which can be any text, becomes `icc`.
    void replace_profile(const Chunk& chunk) {
        constexpr std::uint64_t longest_name = 79;
        constexpr auto head = "icc\0\0"sv; // the name and the method of compression
        const auto text = bytes_.text(chunk.data, chunk.size());
        const auto name = text.find('\0');
        if (data_seen_ || profile_seen_ || name == 0 || name > longest_name || name + 2 > text.size() ||
            text[name + 1] != 0 || !has_right_checksum(chunk))
            return remove(chunk);
        const auto stream = bytes_.part(chunk.data + name + 2, chunk.size() - name - 2);
        const auto extent = zlib_extent(std::array{stream}, largest_png_number);
        if (extent.state != ZlibExtent::State::whole || !is_icc_profile(extent.head, extent.output))
            return remove(chunk);
        profile_seen_ = true;
        if (text.starts_with(head) && extent.bytes == stream.size())
            return;
        std::vector<std::byte> data;
        data.reserve(head.size() + static_cast<std::size_t>(extent.bytes));
        const auto head_bytes = std::as_bytes(std::span{head});
        data.insert(data.end(), head_bytes.begin(), head_bytes.end());
        data.insert(data.end(), stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(extent.bytes));
        excision_.replace(MetadataKind::application_data, chunk.begin, chunk.end, make_chunk("iCCP"sv, data));
    }

    void replace_exif(const Chunk& chunk) {
        if (std::exchange(exif_, true))
            return excision_.remove(MetadataKind::exif, chunk.begin, chunk.end);
        orientation_ = orientation_in(ByteView{bytes_.part(chunk.data, chunk.size())});
        excision_.replace(MetadataKind::exif, chunk.begin, chunk.end,
                          orientation_ ? make_chunk("eXIf"sv, orientation_block(*orientation_))
                                       : std::vector<std::byte>{});
    }

    [[nodiscard]] result<void> scrub_picture_data(const Chunk& chunk) {
        if (!std::exchange(data_seen_, true)) {
            auto left = stream_size(chunk, 0, header_.rows_size(header_.width, header_.height));
            if (!left)
                return left.error();
            picture_left_ = *left;
        } else if (picture_left_ == 0) {
            excision_.remove(MetadataKind::trailing_data, chunk.begin, chunk.end);
            return {};
        }
        keep_stream(chunk, 0, picture_left_);
        return {};
    }

    /// The size of the zlib stream that begins in this chunk and goes on in those of the same name, each
    /// after `head` other bytes.
    [[nodiscard]] result<std::uint64_t> stream_size(const Chunk& first, std::uint64_t head,
                                                    std::uint64_t rows_size) const {
        std::vector<std::span<const std::byte>> pieces;
        for (auto position = first.begin; bytes_.has(position, 8);) {
            const auto chunk = chunk_at(position);
            if (!chunk || chunk->name == "IEND"sv || (head != 0 && chunk->name == "fcTL"sv))
                break;
            if (chunk->name == first.name && chunk->size() > head)
                pieces.push_back(bytes_.part(chunk->data + head, chunk->size() - head));
            position = chunk->end;
        }
        const auto extent = zlib_extent(pieces, rows_size);
        if (extent.state == ZlibExtent::State::too_large)
            return corrupt("The PNG has compressed data beyond the rows of its picture");
        if (extent.state == ZlibExtent::State::damaged && extent.output == 0 && rows_size != 0)
            return corrupt("The PNG's picture data can't be decompressed");
        return extent.bytes;
    }

    /// Cuts off what lies behind the stream's end.
    void keep_stream(const Chunk& chunk, std::uint64_t head, std::uint64_t& left) {
        const auto kept = std::min(chunk.size() - head, left);
        left -= kept;
        if (kept == chunk.size() - head)
            return mend_checksum(chunk);
        excision_.replace(MetadataKind::trailing_data, chunk.begin, chunk.end,
                          make_chunk(chunk.name, bytes_.part(chunk.data, head + kept)));
    }

    [[nodiscard]] result<void> scrub_animation(const Chunk& chunk) {
        if (chunk.name == "acTL"sv && !data_seen_ && !animated_ && chunk.size() == 8) {
            animated_ = true;
            frames_left_ = bytes_.be32(chunk.data);
            mend_checksum(chunk);
            return {};
        }
        // Decoders ignore the parts of an animation without acTL, and frames beyond their number there.
        if (chunk.name == "fcTL"sv)
            in_frame_ = animated_ && frames_left_ != 0;
        const bool cut_off = !chunk.is_whole() && (chunk.name == "fcTL"sv || chunk.size() < fdat_head);
        if (chunk.name == "acTL"sv || !in_frame_ || cut_off) {
            remove(chunk);
            return {};
        }
        return chunk.name == "fcTL"sv ? scrub_frame(chunk) : scrub_frame_data(chunk);
    }

    [[nodiscard]] result<void> scrub_frame(const Chunk& chunk) {
        const auto number = [&](std::uint64_t at) -> std::uint64_t { return bytes_.be32(chunk.data + at); };
        if (chunk.size() != fctl_size || number(0) != sequence_++ || number(4) == 0 || number(8) == 0 ||
            number(4) + number(12) > header_.width || number(8) + number(16) > header_.height)
            return corrupt("The PNG has a damaged frame control (fcTL chunk)");
        --frames_left_;
        frame_size_ = header_.rows_size(bytes_.be32(chunk.data + 4), bytes_.be32(chunk.data + 8));
        frame_data_seen_ = false;
        mend_checksum(chunk);
        return {};
    }

    [[nodiscard]] result<void> scrub_frame_data(const Chunk& chunk) {
        if (chunk.size() < fdat_head || bytes_.be32(chunk.data) != sequence_++ || !data_seen_)
            return corrupt("The PNG has damaged frame data (fdAT chunk)");
        if (!std::exchange(frame_data_seen_, true)) {
            auto left = stream_size(chunk, fdat_head, frame_size_);
            if (!left)
                return left.error();
            frame_left_ = *left;
        }
        keep_stream(chunk, fdat_head, frame_left_);
        return {};
    }

    ByteView bytes_;
    Excision& excision_;
    PngHeader header_;
    std::array<bool, shown_chunks.size()> seen_{};
    bool exif_ = false;
    bool profile_seen_ = false;
    bool data_seen_ = false;
    std::uint64_t palette_entries_ = 0;
    std::uint64_t picture_left_ = 0; ///< bytes of its stream
    bool animated_ = false;
    bool in_frame_ = false;
    bool frame_data_seen_ = false;
    std::uint32_t frames_left_ = 0;
    std::uint32_t sequence_ = 0;
    std::uint64_t frame_size_ = 0;
    std::uint64_t frame_left_ = 0;
    Orientation orientation_;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_png(ByteView bytes, Excision& excision) {
    return PngScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
