#include "render/rendering.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::imaging {

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
    g_signal_connect(watched, "eval", G_CALLBACK(&RenderWatch::on_evaluation), this);
}

std::optional<Error> RenderWatch::ended() const {
    if (stop_.stop_requested())
        return Error{errc::cancelled};
    if (std::chrono::steady_clock::now() >= deadline_)
        return Error{errc::rendition_timed_out}.with_cause(fmt::format("Over {} ms", time_limit_.count()));
    return std::nullopt;
}

void RenderWatch::on_evaluation(VipsImage* image, VipsProgress*, RenderWatch* self) {
    if (self->ended())
        vips_image_set_kill(image, TRUE);
}

} // namespace portrait::imaging
