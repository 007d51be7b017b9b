#include <portrait/imaging/vips_renderer.hpp>

#include "decode/vips_library.hpp"
#include "render/rendering.hpp"

#include <new>
#include <optional>
#include <stdexcept>
#include <string>
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

/// An exception of libvips as an error; its text is for the log only.
Error failure_of(const vips::VError& error) {
    const std::string text = error.what();
    vips_error_clear();
    if (text.find("out of memory") != std::string::npos)
        return Error{errc::service_busy}.with_cause(text);
    return Error{errc::image_corrupt, "The picture's pixels can't be decoded"}.with_cause(text);
}

/// Calls `make` and returns its exceptions as errors.
template<class Make>
auto attempted(const std::optional<RenderWatch>& watch, const Make& make) -> decltype(make()) {
    try {
        return make();
    } catch (const vips::VError& error) {
        auto failed = failure_of(error);
        if (watch)
            if (auto ended = watch->ended())
                return *std::move(ended);
        return failed;
    } catch (const std::bad_alloc&) {
        return Error{errc::service_busy}.with_cause("No memory for a rendition");
    }
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
    return attempted({}, [&] { return decoding_cost(job, open_head(job), settings_); });
}

result<DecodingCost> VipsRenderer::cost(Placeholder kind, const Rendition& rendition) const {
    return drawing_cost(kind, rendition, settings_);
}

result<RenderedImage> VipsRenderer::render(const RenderImage& job) const {
    return render(job, [](const DecodingCost&) { return result<void>{}; });
}

result<RenderedImage> VipsRenderer::render(const RenderImage& job, const Admit& admit) const {
    std::optional<RenderWatch> watch;
    return attempted(watch, [&]() -> result<RenderedImage> {
        const auto opened = open_head(job);
        const auto cost = decoding_cost(job, opened, settings_);
        if (!cost)
            return cost.error();
        if (const auto admitted = admit(*cost); !admitted)
            return admitted.error();
        watch.emplace(job.stop, settings_.time_limit);
        if (auto ended = watch->ended())
            return *std::move(ended);
        const auto image = scaled_upright(job, opened, *watch);
        watch->attend(image);
        return rendered(image, job.rendition.format.value_or(job.header.format), settings_);
    });
}

result<RenderedImage> VipsRenderer::placeholder(Placeholder kind, const Rendition& rendition,
                                                std::stop_token stop) const {
    if (const auto judged = cost(kind, rendition); !judged)
        return judged.error();
    std::optional<RenderWatch> watch;
    return attempted(watch, [&]() -> result<RenderedImage> {
        watch.emplace(std::move(stop), settings_.time_limit);
        const auto image = watch->guarded(draw_placeholder(kind, rendition));
        watch->attend(image);
        return rendered(image, rendition.format.value_or(ImageFormat::png), settings_);
    });
}

} // namespace portrait::imaging
