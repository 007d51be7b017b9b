#include "scrub/scrubbers.hpp"

#include <portrait/probe.hpp>
#include <portrait/scrub.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace portrait::scrubbing {

void Excision::replace(MetadataKind kind, std::uint64_t from, std::uint64_t to,
                       std::span<const std::byte> replacement) {
    BOOST_ASSERT(kept_from_ <= from && from <= to);
    const auto present = bytes_.part(from, to - from);
    if (std::equal(present.begin(), present.end(), replacement.begin(), replacement.end()))
        return;
    if (rest_.capacity() == 0)
        rest_.reserve(static_cast<std::size_t>(bytes_.size()));
    const auto kept = bytes_.part(kept_from_, from - kept_from_);
    rest_.insert(rest_.end(), kept.begin(), kept.end());
    rest_.insert(rest_.end(), replacement.begin(), replacement.end());
    kept_from_ = to;
    auto& count = removed_[static_cast<std::size_t>(kind)];
    count.kind = kind;
    ++count.parts;
    count.bytes += to - from;
}

std::vector<std::byte> Excision::take_rest() {
    if (kept_from_ == 0)
        return {};
    const auto kept = bytes_.part(kept_from_, bytes_.size() - kept_from_);
    rest_.insert(rest_.end(), kept.begin(), kept.end());
    if (rest_.capacity() - rest_.size() > rest_.size() / 8)
        rest_.shrink_to_fit();
    return std::move(rest_);
}

std::vector<RemovedMetadata> Excision::removed() const {
    std::vector<RemovedMetadata> removed;
    for (const auto& count : removed_)
        if (count.parts != 0)
            removed.push_back(count);
    return removed;
}

namespace {

/// The bytes of an integer of that TIFF type; 0 for other types. An orientation is a SHORT, but libexif, so
/// libvips, accepts each of them.
unsigned integer_size(std::uint16_t type) {
    switch (type) {
    case 1: // BYTE
    case 6: // SBYTE
        return 1;
    case 3: // SHORT
    case 8: // SSHORT
        return 2;
    case 4: // LONG
    case 9: // SLONG
        return 4;
    default: return 0;
    }
}

} // namespace

bool is_icc_profile(std::span<const std::byte> head, std::uint64_t size) {
    const probing::ByteView bytes{head};
    return size >= icc_header_size && bytes.has(0, icc_header_size) && bytes.be32(0) == size &&
           bytes.matches(36, "acsp");
}

Orientation orientation_in(probing::ByteView bytes) {
    const bool little = bytes.matches(0, {"II*\0", 4});
    if (!little && !bytes.matches(0, {"MM\0*", 4}))
        return std::nullopt;
    const auto u16 = [&](std::uint64_t at) { return little ? bytes.le16(at) : bytes.be16(at); };
    const auto u32 = [&](std::uint64_t at) { return little ? bytes.le32(at) : bytes.be32(at); };
    constexpr std::uint16_t orientation_tag = 0x0112;
    constexpr std::uint64_t entry_size = 12;
    if (!bytes.has(4, 4))
        return std::nullopt;
    const std::uint64_t directory = u32(4);
    if (!bytes.has(directory, 2))
        return std::nullopt;
    const auto entries = u16(directory);
    for (std::uint64_t index = 0, at = directory + 2; index < entries && bytes.has(at, entry_size);
         ++index, at += entry_size) {
        if (u16(at) != orientation_tag)
            continue;
        const auto size = integer_size(u16(at + 2));
        const auto value = size == 1 ? bytes.u8(at + 8) : size == 2 ? u16(at + 8) : u32(at + 8);
        if (size == 0 || u32(at + 4) != 1 || value < 2 || value > 8)
            return std::nullopt;
        return static_cast<std::uint8_t>(value);
    }
    return std::nullopt;
}

std::array<std::byte, 26> orientation_block(std::uint8_t orientation) {
    constexpr std::array<std::uint8_t, 26> block{'M', 'M',  0, 42, 0, 0, 0, 8, // header
                                                 0,   1,                       // one entry
                                                 1,   0x12, 0, 3,  0, 0, 0, 1, // Orientation, one SHORT
                                                 0,   0,    0, 0,              // its value
                                                 0,   0,    0, 0};             // no further directory
    auto bytes = std::bit_cast<std::array<std::byte, 26>>(block);
    bytes[19] = std::byte{orientation};
    return bytes;
}

} // namespace portrait::scrubbing

namespace portrait {
namespace {

[[nodiscard]] result<scrubbing::Orientation> cut(ImageFormat format, probing::ByteView bytes,
                                                 scrubbing::Excision& excision) {
    switch (format) {
    case ImageFormat::jpeg: return scrubbing::scrub_jpeg(bytes, excision);
    case ImageFormat::png: return scrubbing::scrub_png(bytes, excision);
    case ImageFormat::gif: return scrubbing::scrub_gif(bytes, excision);
    case ImageFormat::tiff: break;
    }
    return scrubbing::Orientation{};
}

} // namespace

std::string_view name_of(MetadataKind kind) noexcept {
    constexpr std::array<std::string_view, 10> names{
        "exif", "xmp",       "iptc",        "comment",          "text",
        "time", "thumbnail", "extra image", "application data", "trailing data"};
    return names[static_cast<std::size_t>(kind)];
}

[[nodiscard]] result<Scrubbed> scrub(const ImageBytes& bytes) {
    const auto header = probe(bytes);
    if (!header)
        return header.error();
    const probing::ByteView view{bytes};
    scrubbing::Excision excision{view};
    const auto orientation = cut(header->format, view, excision);
    if (!orientation)
        return orientation.error();
    ScrubReceipt receipt{.supported = header->format != ImageFormat::tiff,
                         .removed = excision.removed(),
                         .orientation = *orientation};
    if (receipt.removed.empty())
        return Scrubbed{.bytes = bytes, .receipt = std::move(receipt)};
    return Scrubbed{.bytes = ImageBytes{excision.take_rest()}, .receipt = std::move(receipt)};
}

} // namespace portrait
