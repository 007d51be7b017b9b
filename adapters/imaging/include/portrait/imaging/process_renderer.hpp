#pragma once

#include <portrait/export.hpp>
#include <portrait/imaging/bounded_renderer.hpp>
#include <portrait/imaging/vips_renderer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace portrait::imaging {

/// Options of a `ProcessRenderer`.
struct ProcessRendererOptions {
    /// The path of the program `portrait-render`. Empty: beside the running program, or in
    /// `../libexec/portrait` from there (by CMAKE_INSTALL_LIBEXECDIR of the build).
    std::string program{};
    /// Called when a rendering process has ended in the middle of its work, with the reason; on any thread.
    /// The text is for a log.
    std::function<void(std::string_view)> on_ended{};
};

/// Figures since the start.
struct ProcessRendererStatistics {
    std::uint64_t started = 0; ///< processes
    std::uint64_t ended = 0;   ///< of those, the ones that a picture ended or that took too long
};

/// Renders as a `VipsRenderer`, but in processes of their own, so that a fault of a decoder can't reach the
/// memory of this one: passwords, tokens, and everyone's pictures. They can open no file and no socket, start
/// no program, and take a bounded amount of memory. A picture reaches them in shared memory, and so does the
/// rendition the other way, which is accepted only if `probe` reads it as what was asked for.
///
/// A picture that ends its process, or that takes a second longer than `RenderSettings::time_limit`, gets
/// `image_corrupt` or `rendition_timed_out`; the next one gets another process. A process is used for one
/// picture after another: one that a hostile picture has taken over could see and alter those that follow.
///
/// There are as many processes as were used at a time; the first one starts at once, and all end with the
/// object, or when this process ends. Nothing is forked: the program is started anew. Thread-safe.
///
/// ```cpp
/// auto renderer = std::make_shared<ProcessRenderer>();
/// RenderPool pool{renderer, {.threads = 4}}; // at most 4 processes
/// ```
class PORTRAIT_EXPORT ProcessRenderer final : public BoundedRenderer {
public:
    /// Throws `std::invalid_argument` for settings outside their bounds, and `std::runtime_error`, which
    /// names the program, if it can't be started or isn't of this version.
    explicit ProcessRenderer(RenderSettings settings = {}, ProcessRendererOptions options = {});
    ~ProcessRenderer() override;

    /// As that of `VipsRenderer`.
    std::string_view revision() const noexcept override;

    /// Errors: those of `VipsRenderer`; `service_busy` if no process can be started.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job, const Admit& admit) const override;
    using BoundedRenderer::render;
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind, const Rendition& rendition,
                                                    std::stop_token stop, const Admit& admit) const override;
    using BoundedRenderer::placeholder;
    ConvertibleFormats convertible() const noexcept override;
    [[nodiscard]] result<RenderedImage> convert(const UploadedImage& upload, std::stop_token stop,
                                                const Admit& admit) const override;

    ProcessRendererStatistics statistics() const;

private:
    class PORTRAIT_HIDDEN State;

    std::unique_ptr<State> state_;
};

} // namespace portrait::imaging
