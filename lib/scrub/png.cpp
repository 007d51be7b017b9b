#include "scrubbers.hpp"

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace portrait::scrubbing {
namespace {

using namespace probing;
using namespace std::string_view_literals;

/// Critical chunks, and the ancillary ones that affect how the picture is shown.
constexpr std::array kept{"IHDR"sv, "PLTE"sv, "IDAT"sv, "IEND"sv, "tRNS"sv, "gAMA"sv, "cHRM"sv,
                          "sRGB"sv, "iCCP"sv, "cICP"sv, "mDCV"sv, "cLLI"sv, "sBIT"sv, "bKGD"sv,
                          "hIST"sv, "pHYs"sv, "acTL"sv, "fcTL"sv, "fdAT"sv};

struct Chunk {
    std::string_view name;
    std::uint64_t begin = 0;
    std::uint64_t data = 0;
    std::uint64_t data_end = 0;
    std::uint64_t end = 0;
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

/// The whole eXIf chunk of an orientation.
std::vector<std::byte> orientation_chunk(std::uint8_t orientation) {
    const auto block = orientation_block(orientation);
    std::vector<std::byte> chunk(chunk_frame + block.size());
    chunk[3] = std::byte{block.size()};
    std::memcpy(chunk.data() + 4, "eXIf", 4);
    std::copy(block.begin(), block.end(), chunk.begin() + 8);
    const auto crc = boost::endian::native_to_big(checksum(std::span{chunk}.subspan(4, 4 + block.size())));
    std::memcpy(chunk.data() + 8 + block.size(), &crc, sizeof crc);
    return chunk;
}

class PngScrub {
public:
    PngScrub(ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<Orientation> run() {
        auto position = std::uint64_t{png_signature.size()};
        while (bytes_.has(position, 8)) {
            const auto chunk = chunk_at(position);
            if (!chunk)
                return chunk.error();
            position = chunk->end;
            if (chunk->name == "IEND"sv)
                break;
            if (auto scrubbed = scrub_chunk(*chunk); !scrubbed)
                return scrubbed.error();
        }
        excision_.remove(MetadataKind::trailing_data, position, bytes_.size());
        return orientation_;
    }

private:
    /// A chunk that is cut off is kept or removed as if it were whole.
    [[nodiscard]] result<Chunk> chunk_at(std::uint64_t position) const {
        const std::uint64_t length = bytes_.be32(position);
        const auto name = bytes_.text(position + 4, 4);
        if (!is_chunk_name(name) || length > largest_png_number)
            return corrupt("The PNG has something that is not a chunk where a chunk should begin");
        return Chunk{name, position, position + 8, std::min(position + 8 + length, bytes_.size()),
                     std::min(position + chunk_frame + length, bytes_.size())};
    }

    [[nodiscard]] result<void> scrub_chunk(const Chunk& chunk) {
        if (std::find(kept.begin(), kept.end(), chunk.name) != kept.end())
            return {};
        if (chunk.name == "eXIf"sv)
            replace_exif(chunk);
        else if (!is_ancillary(chunk.name))
            return corrupt(fmt::format("The PNG has an unexpected {} chunk", chunk.name));
        else
            excision_.remove(kind_of(chunk), chunk.begin, chunk.end);
        return {};
    }

    MetadataKind kind_of(const Chunk& chunk) const {
        if (chunk.name == "tEXt"sv || chunk.name == "zTXt"sv || chunk.name == "iTXt"sv)
            return kind_of_text(bytes_.text(chunk.data, chunk.data_end - chunk.data));
        return chunk.name == "tIME"sv ? MetadataKind::time : MetadataKind::application_data;
    }

    void replace_exif(const Chunk& chunk) {
        if (std::exchange(exif_, true))
            return excision_.remove(MetadataKind::exif, chunk.begin, chunk.end);
        orientation_ = orientation_in(ByteView{bytes_.part(chunk.data, chunk.data_end - chunk.data)});
        excision_.replace(MetadataKind::exif, chunk.begin, chunk.end,
                          orientation_ ? orientation_chunk(*orientation_) : std::vector<std::byte>{});
    }

    ByteView bytes_;
    Excision& excision_;
    bool exif_ = false;
    Orientation orientation_;
};

} // namespace

[[nodiscard]] result<Orientation> scrub_png(ByteView bytes, Excision& excision) {
    return PngScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
