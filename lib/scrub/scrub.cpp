#include "scrub/scrubbers.hpp"

#include <portrait/probe.hpp>
#include <portrait/scrub.hpp>

#include <algorithm>
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

} // namespace portrait::scrubbing

namespace portrait {
namespace {

[[nodiscard]] result<std::optional<std::uint8_t>> cut(ImageFormat format, probing::ByteView bytes,
                                                      scrubbing::Excision& excision) {
    switch (format) {
    case ImageFormat::jpeg: return scrubbing::scrub_jpeg(bytes, excision);
    case ImageFormat::png: return scrubbing::scrub_png(bytes, excision);
    case ImageFormat::gif: return scrubbing::scrub_gif(bytes, excision);
    case ImageFormat::tiff: break;
    }
    return std::optional<std::uint8_t>{};
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
