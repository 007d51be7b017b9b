#include "input.hpp"

#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/probe.hpp>

using namespace portrait;
using namespace portrait::fuzzing;

/// The first byte selects the format, the rest is the picture. Small limits make the target fast.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const imaging::VipsRenderer renderer{{.max_decoded_bytes = 8U << 20,
                                                 .max_frames = 20,
                                                 .max_scans = 20,
                                                 .time_limit = std::chrono::milliseconds{2000}}};
    if (size == 0)
        return 0;
    const auto bytes = ImageBytes::copy_of(bytes_of(data + 1, size - 1));
    const auto header = probe(bytes);
    if (!header)
        return 0;
    RenderImage job{.bytes = bytes, .header = *header, .rendition = {}, .stop = {}};
    job.rendition.width = 32;
    job.rendition.height = 32;
    constexpr ImageFormat formats[]{ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif};
    job.rendition.format = formats[data[0] % 3U];
    const auto rendered = renderer.render(job);
    if (rendered)
        require(rendered->width <= 32 && rendered->height <= 32 && probe(rendered->bytes).has_value());
    return 0;
}
