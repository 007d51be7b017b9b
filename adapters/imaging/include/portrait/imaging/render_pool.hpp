#pragma once

#include <portrait/export.hpp>
#include <portrait/histogram.hpp>
#include <portrait/imaging/bounded_renderer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace portrait::imaging {

/// The bounds of a `RenderPool`.
struct RenderPoolOptions {
    std::size_t threads = 0; ///< 0: one for each core
    /// Waiting renderings; beyond it `service_busy` for the client with most of them.
    std::size_t queue_limit = 1024;
    /// The limit of the `DecodingCost::bytes` of all running renderings together. A rendering waits until its
    /// share is free; one whose share is larger than the limit is `rendition_too_costly`. Renderings of up to
    /// a 64th of the limit don't wait, so that each thread can exceed it by that much.
    std::uint64_t decoded_bytes_in_flight = 256ULL << 20;
};

/// Figures since the start.
struct RenderPoolStatistics {
    std::uint64_t rendered = 0; ///< completed, failed ones and placeholders included
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;                      ///< by the queue's limit
    std::uint64_t waiting = 0;                      ///< now
    std::uint64_t running = 0;                      ///< now
    std::uint64_t decoded_bytes_in_flight = 0;      ///< now
    std::uint64_t peak_decoded_bytes_in_flight = 0; ///< the maximum
    DurationHistogram times; ///< of completed renderings, without their wait in the queue
};

/// Renders and converts on threads of its own, within a budget of memory and a bounded queue. Queued jobs
/// hold no picture: each thread reads one when it begins, so at most `threads` pictures are in memory;
/// uploads to convert are in their client's share of memory already. A queued job whose stop was requested
/// ends as `cancelled` without being read. Thread-safe.
///
/// Clients take turns (`RenderCaller::client`), and each client's jobs start in order, but large ones after
/// small ones: a rendering whose share of the memory isn't free, or that takes over an eighth of it while
/// others of that size run on all threads but one, is put back, and read again at its turn. One of those
/// starts after at most eight others.
///
/// ```cpp
/// RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 4}};
/// result<RenderedImage> thumbnail = pool.render({.bytes = photo, .header = probe(photo).value(), .rendition
/// = {.width = 180}});
/// ```
class PORTRAIT_EXPORT RenderPool final : public ImageRenderer, public UploadConverter {
public:
    /// A null renderer throws `std::invalid_argument`.
    explicit RenderPool(std::shared_ptr<const BoundedRenderer> renderer, RenderPoolOptions options = {});
    /// Cancels queued renderings, waits for running ones, and returns when every completion has been called.
    /// A completion must not destroy the pool.
    ~RenderPool() override;

    std::string_view revision() const noexcept override { return renderer_->revision(); }

    /// As `submit`, and waits for the outcome; a completion must not call it.
    [[nodiscard]] result<RenderedImage> render(const RenderImage& job) const override;
    using ImageRenderer::submit;
    /// Never blocks: reads, renders and calls back on one of the pool's threads, or calls back at once with
    /// `service_busy`.
    void submit(QueuedRendering rendering, Completion<RenderedImage> completion) const override;
    /// As `submit_placeholder`, and waits for the outcome; a completion must not call it.
    [[nodiscard]] result<RenderedImage> placeholder(Placeholder kind,
                                                    const Rendition& rendition) const override;
    /// As `submit`, in the same queue and within the same bounds.
    void submit_placeholder(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                            Completion<RenderedImage> completion) const override;

    ConvertibleFormats formats() const noexcept override { return renderer_->convertible(); }
    /// In the same queue and within the same bounds as renderings.
    void submit(UploadedImage upload, RenderCaller caller, Completion<ImageBytes> completion) const override;

    RenderPoolStatistics statistics() const;

private:
    class PORTRAIT_HIDDEN State;

    std::shared_ptr<const BoundedRenderer> renderer_;
    std::unique_ptr<State> state_;
};

} // namespace portrait::imaging
