#pragma once

#include <portrait/duration_histogram.hpp>
#include <portrait/export.hpp>
#include <portrait/imaging/vips_renderer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace portrait::imaging {

/// What rendering may take of the machine.
struct RenderPoolOptions {
    std::size_t threads = 0;        ///< 0: one a core
    std::size_t queue_limit = 1024; ///< renderings that wait; beyond it `service_busy`
    /// Of all pictures that are being decoded, judged as `DecodingCost::bytes`. A rendering waits until its
    /// share is free; one that alone is over it is `rendition_too_costly`.
    std::uint64_t decoded_bytes_in_flight = 256ULL << 20;
};

/// Figures since the start.
struct RenderPoolStatistics {
    std::uint64_t rendered = 0; ///< ended, well or not, placeholders included
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;                      ///< by the queue's limit
    std::uint64_t waiting = 0;                      ///< now
    std::uint64_t running = 0;                      ///< now
    std::uint64_t decoded_bytes_in_flight = 0;      ///< now
    std::uint64_t peak_decoded_bytes_in_flight = 0; ///< the most there have been
    DurationHistogram times;                        ///< of those that ended, without their wait in the queue
};

/// Renders on threads of its own, within a budget of memory and a bounded queue, in the order asked. What
/// waits in the queue holds no picture: each thread reads one when it begins, so that at most `threads`
/// pictures are in memory for it. A job whose stop was requested ends as `cancelled` without being read.
/// Thread-safe.
class PORTRAIT_EXPORT RenderPool final : public ImageRenderer {
public:
    /// A null renderer throws `std::invalid_argument`.
    explicit RenderPool(std::shared_ptr<const VipsRenderer> renderer, RenderPoolOptions options = {});
    /// Cancels what waits, asks what runs to stop, and returns when every completion has been called. Not to
    /// be destroyed by a completion.
    ~RenderPool() override;
    RenderPool(const RenderPool&) = delete;
    RenderPool& operator=(const RenderPool&) = delete;

    /// As `submit`, and waits for the outcome; not to be called by a completion.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job) const override;
    using ImageRenderer::submit;
    /// Never blocks; reads, renders and calls back on one of the pool's threads, or calls back at once with
    /// `service_busy`.
    void submit(QueuedRendering rendering, Completion<RenderedImage> completion) const override;
    /// As `submit_placeholder`, and waits for the outcome; not to be called by a completion.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind,
                                                    const Rendition& rendition) const override;
    /// Draws in turn with the renderings, within the same bounds; as `submit` otherwise.
    void submit_placeholder(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                            Completion<RenderedImage> completion) const override;

    RenderPoolStatistics statistics() const;

private:
    class PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::imaging
