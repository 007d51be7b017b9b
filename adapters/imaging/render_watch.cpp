#include "render_watch.hpp"

#include <utility>

namespace portrait::imaging {

RenderWatch::RenderWatch(std::stop_token stop, std::chrono::milliseconds time_limit)
    : stop_{std::move(stop)}
    , time_limit_{time_limit}
    , deadline_{std::chrono::steady_clock::now() + time_limit} {}

void RenderWatch::attend(const vips::VImage& image) {
    auto* const watched = image.get_image();
    vips_image_set_progress(watched, TRUE);
    g_signal_connect(watched, "eval", G_CALLBACK(&RenderWatch::on_evaluation), this);
}

std::optional<Error> RenderWatch::ended() const {
    if (stop_.stop_requested())
        return Error{errc::cancelled};
    if (std::chrono::steady_clock::now() >= deadline_)
        return Error{errc::rendition_timed_out}.with_cause("over " + std::to_string(time_limit_.count()) +
                                                           " ms");
    return std::nullopt;
}

void RenderWatch::on_evaluation(VipsImage* image, VipsProgress*, RenderWatch* self) {
    if (self->stop_.stop_requested() || std::chrono::steady_clock::now() >= self->deadline_)
        vips_image_set_kill(image, TRUE);
}

} // namespace portrait::imaging
