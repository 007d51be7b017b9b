#include "input.hpp"

#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/probe.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

/// The input is an upload. Small limits make the target fast.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const imaging::VipsRenderer renderer{{.max_decoded_bytes = 8U << 20,
                                                 .time_limit = std::chrono::milliseconds{2000},
                                                 .convertible = ConvertibleFormats::all()}};
    const auto bytes = ImageBytes::copy_of(bytes_of(data, size));
    const auto format = convertible_format(bytes);
    if (!format)
        return 0;
    const UploadedImage upload{.bytes = bytes,
                               .format = *format,
                               .limits = {.max_pixels = 1'000'000, .max_width = 2000, .max_height = 2000}};
    const auto converted =
        renderer.convert(upload, {}, [](const imaging::DecodingCost&) { return result<void>{}; });
    if (!converted)
        return 0;
    const auto header = probe(converted->bytes);
    require(header.has_value() && header->format == converted->format && header->width <= 2000 &&
            header->height <= 2000);
    return 0;
}
