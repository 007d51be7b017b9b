#include <portrait/imaging/vips_renderer.hpp>

#include "decode/convertible_picture.hpp"
#include "render/rendering.hpp"
#include "render/settings.hpp"

#include <fmt/format.h>

#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace portrait::imaging {
namespace {

/// Frees libvips' memory of a thread that isn't its own when the thread ends.
struct ThreadEnd {
    ThreadEnd() = default;
    ThreadEnd(const ThreadEnd&) = delete;
    ThreadEnd& operator=(const ThreadEnd&) = delete;
    ~ThreadEnd() { vips_thread_shutdown(); }
};

/// Calls `make` and returns its exceptions as errors.
template<class Make>
auto attempted(const std::optional<RenderWatch>& watch, const Make& make) -> decltype(make()) {
    const thread_local ThreadEnd thread_end;
    try {
        return make();
    } catch (const vips::VError& error) {
        const std::string text = error.what(); // for the log only
        vips_error_clear();
        if (watch)
            if (auto ended = watch->ended())
                return *std::move(ended);
        if (text.find("out of memory") != std::string::npos)
            return Error{errc::service_busy}.with_cause(text);
        return Error{errc::image_corrupt, "The picture's pixels can't be decoded"}.with_cause(text);
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

RenderSettings checked(RenderSettings settings) {
    const auto within = [](int value, int least, int most) { return value >= least && value <= most; };
    if (!within(settings.jpeg_quality, 1, 100) || !within(settings.png_compression, 0, 9) ||
        !within(settings.gif_effort, 1, 10) || settings.max_frames == 0 || settings.max_decoded_bytes == 0 ||
        settings.time_limit.count() <= 0)
        throw std::invalid_argument{"RenderSettings has a value outside its bounds"};
    return settings;
}

RenderWatch::RenderWatch(std::stop_token stop, std::chrono::milliseconds time_limit)
    : stop_{std::move(stop)}
    , time_limit_{time_limit}
    , deadline_{std::chrono::steady_clock::now() + time_limit} {}

vips::VImage RenderWatch::guarded(const vips::VImage& image) const {
    auto* const from = image.get_image();
    vips::VImage guarded{vips_image_new()};
    auto* const to = guarded.get_image();
    g_object_ref(from);
    vips_object_local(to, from);
    if (vips_image_pipelinev(to, VIPS_DEMAND_STYLE_THINSTRIP, from, nullptr) != 0 ||
        vips_image_generate(to, vips_start_one, &RenderWatch::pass_rows_on, vips_stop_one, from,
                            const_cast<RenderWatch*>(this)) != 0)
        throw vips::VError{};
    return guarded;
}

int RenderWatch::pass_rows_on(VipsRegion* to, void* from, void*, void* self, gboolean*) {
    if (static_cast<const RenderWatch*>(self)->ended()) {
        vips_error("portrait", "Rendering was ended");
        return -1;
    }
    auto* const region = static_cast<VipsRegion*>(from);
    const auto* const rows = &to->valid;
    return vips_region_prepare(region, rows) != 0
               ? -1
               : vips_region_region(to, region, rows, rows->left, rows->top);
}

void RenderWatch::attend(const vips::VImage& image) {
    auto* const watched = image.get_image();
    vips_image_set_progress(watched, TRUE);
    const auto check = [](VipsImage* evaluated, VipsProgress*, RenderWatch* self) {
        if (self->ended())
            vips_image_set_kill(evaluated, TRUE);
    };
    g_signal_connect(watched, "eval", G_CALLBACK(+check), this);
}

std::optional<Error> RenderWatch::ended() const {
    if (stop_.stop_requested())
        return Error{errc::cancelled};
    if (std::chrono::steady_clock::now() >= deadline_)
        return Error{errc::rendition_timed_out}.with_cause(fmt::format("Over {} ms", time_limit_.count()));
    return std::nullopt;
}

VipsRenderer::VipsRenderer(RenderSettings settings)
    : settings_{checked(std::move(settings))} {
    start_vips();
    allow_conversion_of(settings_.convertible);
}

std::string_view VipsRenderer::revision() const noexcept {
    constexpr int own = 2; // one more for each change of what is rendered
    static const auto text =
        fmt::format("{}.{}.{}-{}", vips_version(0), vips_version(1), vips_version(2), own);
    return text;
}

result<RenderedImage> VipsRenderer::render(const RenderImage& job, const Admit& admit) const {
    bool admitted = false;
    const Admit once = [&](const DecodingCost& cost) -> result<void> {
        if (admitted)
            return {};
        auto outcome = admit(cost);
        admitted = outcome.has_value();
        return outcome;
    };
    bool is_animation = false;
    auto made = render(job, once, true, is_animation);
    // libvips refuses an animation with a damaged frame; the first frame can still be shown, for less.
    if (!made && is_animation && made.error() == errc::image_corrupt)
        made = render(job, once, false, is_animation);
    return made;
}

result<RenderedImage> VipsRenderer::render(const RenderImage& job, const Admit& admit, bool animated,
                                           bool& is_animation) const {
    std::optional<RenderWatch> watch;
    return attempted(watch, [&]() -> result<RenderedImage> {
        const auto opened = open_head(job, animated);
        is_animation = opened.frames > 1;
        const auto cost = decoding_cost(job, opened, settings_);
        if (!cost)
            return cost.error();
        if (const auto admitted = admit(*cost); !admitted)
            return admitted.error();
        watch.emplace(job.stop, settings_.time_limit);
        if (auto ended = watch->ended())
            return *std::move(ended);
        const auto image =
            scaled_upright(job, opened, *watch, [this](auto reason) { report_profile(reason); });
        watch->attend(image);
        return rendered(image, job.rendition.format.value_or(job.header.format), settings_);
    });
}

result<RenderedImage> VipsRenderer::placeholder(Placeholder kind, const Rendition& rendition,
                                                std::stop_token stop, const Admit& admit) const {
    const auto cost = drawing_cost(kind, rendition, settings_);
    if (!cost)
        return cost.error();
    if (const auto admitted = admit(*cost); !admitted)
        return admitted.error();
    std::optional<RenderWatch> watch;
    return attempted(watch, [&]() -> result<RenderedImage> {
        watch.emplace(std::move(stop), settings_.time_limit);
        const auto image = watch->guarded(draw_placeholder(kind, rendition));
        watch->attend(image);
        return rendered(image, rendition.format.value_or(ImageFormat::png), settings_);
    });
}

void VipsRenderer::report_profile(std::string_view reason) const {
    if (settings_.on_unusable_profile && !profile_reported_->test_and_set())
        settings_.on_unusable_profile(reason);
}

result<RenderedImage> VipsRenderer::convert(const UploadedImage& upload, std::stop_token stop,
                                            const Admit& admit) const {
    if (!settings_.convertible.contains(upload.format))
        return Error{errc::rendition_not_supported};
    if (auto checked = check_bytes(upload.bytes.size(), upload.limits); !checked)
        return checked.error();
    if (has_high_dynamic_range(upload))
        return Error{
            errc::image_unsupported_encoding,
            "The picture is of high dynamic range (PQ or HLG), which can't be shown; save it without"};
    std::optional<RenderWatch> watch;
    return attempted(watch, [&]() -> result<RenderedImage> {
        const auto head = open_convertible(upload);
        const auto size = stored_size(head);
        if (auto checked = check_dimensions(size.width, size.height, upload.limits); !checked)
            return checked.error();
        const auto cost = conversion_cost(head, settings_);
        if (!cost)
            return cost.error();
        if (const auto admitted = admit(*cost); !admitted)
            return admitted.error();
        watch.emplace(std::move(stop), settings_.time_limit);
        const auto image = upright(watch->guarded(head), [this](auto reason) { report_profile(reason); });
        watch->attend(image);
        const auto format = image.has_alpha() ? ImageFormat::png : ImageFormat::jpeg;
        RenderedImage made{.bytes = encode_original(image, format),
                           .format = format,
                           .width = static_cast<std::uint32_t>(image.width()),
                           .height = static_cast<std::uint32_t>(image.height())};
        if (made.bytes.size() > upload.limits.max_bytes)
            return Error{errc::image_too_many_bytes,
                         fmt::format("Converted to {}, the picture has {} bytes; at most {} are accepted",
                                     media_type(format), made.bytes.size(), upload.limits.max_bytes)}
                .with_limit(made.bytes.size(), upload.limits.max_bytes);
        return made;
    });
}

} // namespace portrait::imaging
