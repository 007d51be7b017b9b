#include "scrub/excision.hpp"
#include "scrub/scrubbers.hpp"

#include <portrait/probe.hpp>
#include <portrait/scrub.hpp>

#include <utility>

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
    switch (kind) {
    case MetadataKind::exif: return "exif";
    case MetadataKind::xmp: return "xmp";
    case MetadataKind::iptc: return "iptc";
    case MetadataKind::comment: return "comment";
    case MetadataKind::text: return "text";
    case MetadataKind::time: return "time";
    case MetadataKind::thumbnail: return "thumbnail";
    case MetadataKind::extra_image: return "extra image";
    case MetadataKind::application_data: return "application data";
    case MetadataKind::trailing_data: return "trailing data";
    }
    return "metadata";
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
