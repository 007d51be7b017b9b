#include <portrait/imaging/vips_renderer.hpp>

#include "decoding_cost.hpp"
#include "encoding.hpp"
#include "picture_pipeline.hpp"
#include "placeholder_drawing.hpp"
#include "render_watch.hpp"
#include "vips_library.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::imaging {

namespace {

RenderSettings checked(RenderSettings settings) {
    const auto within = [](int value, int least, int most) { return value >= least && value <= most; };
    if (!within(settings.jpeg_quality, 1, 100) || !within(settings.png_compression, 0, 9) ||
        !within(settings.gif_effort, 1, 10) || settings.max_frames == 0 || settings.max_decoded_bytes == 0 ||
        settings.time_limit.count() <= 0)
        throw std::invalid_argument{"RenderSettings has a value outside its bounds"};
    return settings;
}

/// A failure of libvips; its text is for the log only.
Error failure_of(const vips::VError& error) {
    const std::string text = error.what();
    vips_error_clear();
    if (text.find("out of memory") != std::string::npos)
        return Error{errc::service_busy}.with_cause(text);
    return Error{errc::image_corrupt, "The picture's pixels can't be decoded"}.with_cause(text);
}

RenderedImage rendered(const vips::VImage& image, ImageFormat format, const RenderSettings& settings) {
    RenderedImage made;
    made.format = format;
    made.width = static_cast<std::uint32_t>(image.width());
    made.height =
        static_cast<std::uint32_t>(format == ImageFormat::gif && image.get_typeof(VIPS_META_PAGE_HEIGHT) != 0
                                       ? vips_image_get_page_height(image.get_image())
                                       : image.height());
    made.bytes = encode(image, format, settings);
    return made;
}

} // namespace

VipsRenderer::VipsRenderer(RenderSettings settings)
    : settings_{checked(settings)} {
    start_vips();
}

result<DecodingCost> VipsRenderer::cost(const RenderImage& job) const {
    try {
        return decoding_cost(job, open_picture(job.bytes, job.header.format, false), settings_);
    } catch (const vips::VError& error) {
        return failure_of(error);
    }
}

result<RenderedImage> VipsRenderer::render(const RenderImage& job) const {
    RenderWatch watch{job.stop, settings_.time_limit};
    try {
        const auto head = open_picture(job.bytes, job.header.format, false);
        if (const auto cost = decoding_cost(job, head, settings_); !cost)
            return cost.error();
        if (auto ended = watch.ended())
            return *std::move(ended);
        const auto image = scaled_upright(job, head, watch);
        watch.attend(image);
        return rendered(image, job.rendition.format.value_or(job.header.format), settings_);
    } catch (const vips::VError& error) {
        auto failed = failure_of(error);
        if (auto ended = watch.ended())
            return *std::move(ended);
        return failed;
    } catch (const std::bad_alloc&) {
        return Error{errc::service_busy}.with_cause("no memory for a rendition");
    }
}

result<RenderedImage> VipsRenderer::placeholder(Placeholder kind, const Rendition& rendition) const {
    try {
        return rendered(draw_placeholder(kind, rendition), rendition.format.value_or(ImageFormat::png),
                        settings_);
    } catch (const vips::VError& error) {
        return failure_of(error);
    }
}

} // namespace portrait::imaging
