#include "../probe/readers.hpp"
#include "orientation.hpp"
#include "scrubbers.hpp"

#include <boost/crc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace portrait::scrubbing {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t chunk_frame = 12; // length, name and CRC
constexpr std::uint32_t largest_number = 0x7fff'ffff;

/// Critical chunks, and the ancillary ones that change how the picture looks.
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

bool is_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

/// What ImageMagick and exiftool hide in texts is named for what it is.
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
std::array<std::byte, 12 + std::tuple_size_v<OrientationBlock>> orientation_chunk(std::uint8_t orientation) {
    const auto block = orientation_block(orientation);
    std::array<std::byte, 12 + std::tuple_size_v<OrientationBlock>> chunk{
        std::byte{0},   std::byte{0},   std::byte{0},   std::byte{block.size()},
        std::byte{'e'}, std::byte{'X'}, std::byte{'I'}, std::byte{'f'}};
    auto* const end = std::copy(block.begin(), block.end(), chunk.begin() + 8);
    boost::crc_32_type crc;
    crc.process_bytes(chunk.data() + 4, 4 + block.size());
    const std::uint32_t checksum = crc.checksum();
    for (unsigned index = 0; index < 4; ++index)
        end[index] = static_cast<std::byte>(checksum >> (24 - 8 * index) & 0xffU);
    return chunk;
}

class PngScrub {
public:
    PngScrub(probing::ByteView bytes, Excision& excision)
        : bytes_{bytes}
        , excision_{excision} {}

    [[nodiscard]] result<std::optional<std::uint8_t>> run() {
        auto position = std::uint64_t{probing::png_signature.size()};
        while (bytes_.has(position, 8)) {
            const auto chunk = chunk_at(position);
            if (!chunk)
                return chunk.error();
            position = chunk->end;
            if (chunk->name == "IEND"sv)
                break;
            if (auto judged = judge(*chunk); !judged)
                return judged.error();
        }
        excision_.remove(MetadataKind::trailing_data, position, bytes_.size());
        return orientation_;
    }

private:
    /// What is cut off stays or goes as if it were whole.
    [[nodiscard]] result<Chunk> chunk_at(std::uint64_t position) const {
        const std::uint64_t length = bytes_.be32(position);
        const auto name = bytes_.text(position + 4, 4);
        if (!is_name(name) || length > largest_number)
            return probing::corrupt("The PNG has something that is not a chunk where a chunk should begin");
        return Chunk{name, position, position + 8, std::min(position + 8 + length, bytes_.size()),
                     std::min(position + chunk_frame + length, bytes_.size())};
    }

    [[nodiscard]] result<void> judge(const Chunk& chunk) {
        if (std::find(kept.begin(), kept.end(), chunk.name) != kept.end())
            return {};
        if (chunk.name == "eXIf"sv)
            replace_exif(chunk);
        else if (chunk.name.front() < 'a')
            return probing::corrupt(fmt::format("The PNG has an unexpected {} chunk", chunk.name));
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
        if (!exif_) {
            exif_ = true;
            orientation_ =
                orientation_in(probing::ByteView{bytes_.part(chunk.data, chunk.data_end - chunk.data)});
            if (orientation_) {
                const auto whole = orientation_chunk(*orientation_);
                const auto present = bytes_.part(chunk.begin, chunk.end - chunk.begin);
                if (!std::equal(present.begin(), present.end(), whole.begin(), whole.end()))
                    excision_.replace(MetadataKind::exif, chunk.begin, chunk.end, whole);
                return;
            }
        }
        excision_.remove(MetadataKind::exif, chunk.begin, chunk.end);
    }

    probing::ByteView bytes_;
    Excision& excision_;
    bool exif_ = false;
    std::optional<std::uint8_t> orientation_;
};

} // namespace

[[nodiscard]] result<std::optional<std::uint8_t>> scrub_png(probing::ByteView bytes, Excision& excision) {
    return PngScrub{bytes, excision}.run();
}

} // namespace portrait::scrubbing
