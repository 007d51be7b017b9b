#pragma once

#include <portrait/error.hpp>

#include <vips/vips8>

#include <chrono>
#include <optional>
#include <stop_token>

namespace portrait::imaging {

/// Ends the evaluation of an image when its time is over or nobody wants it any more; has to outlive the
/// evaluation.
class RenderWatch {
public:
    RenderWatch(std::stop_token stop, std::chrono::milliseconds time_limit);
    RenderWatch(const RenderWatch&) = delete;
    RenderWatch& operator=(const RenderWatch&) = delete;

    /// The same image, whose rows are refused once the watch has ended: a small rendition asks for all of a
    /// large picture's rows before it shows any progress of its own.
    vips::VImage guarded(const vips::VImage& image) const;

    /// From here on, between rows of this image.
    void attend(const vips::VImage& image);

    /// Why the evaluation was ended, if it was; asked by the thread that evaluated.
    std::optional<Error> ended() const;

private:
    static int pass_rows_on(VipsRegion* to, void* from, void* image, void* self, gboolean* stop);
    static void on_evaluation(VipsImage* image, VipsProgress* progress, RenderWatch* self);

    std::stop_token stop_;
    std::chrono::milliseconds time_limit_;
    std::chrono::steady_clock::time_point deadline_;
};

} // namespace portrait::imaging
