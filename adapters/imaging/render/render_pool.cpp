#include <portrait/imaging/render_pool.hpp>

#include "render/render_queue.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

/// Calls `start` with a completion and waits for it.
template<class Start>
[[nodiscard]] result<RenderedImage> awaited(const Start& start) {
    const auto promise = std::make_shared<std::promise<result<RenderedImage>>>();
    auto outcome = promise->get_future();
    start([promise](result<RenderedImage> made) { promise->set_value(std::move(made)); });
    return outcome.get();
}

} // namespace

class RenderPool::State {
public:
    explicit State(const RenderPoolOptions& options)
        : options_{options} {
        auto threads = options.threads != 0 ? options.threads
                                            : std::max<std::size_t>(1, std::thread::hardware_concurrency());
        most_large_ = std::max<std::size_t>(1, threads - 1);
        idle_ = threads; // from the start, so that a first job finds an idle thread
        try {
            for (; threads != 0; --threads)
                threads_.emplace_back([this] { run(); });
        } catch (...) {
            stop();
            throw;
        }
    }

    ~State() { stop(); }

    void submit(RenderJob job) {
        std::unique_lock lock{mutex_};
        std::deque<RenderJob> unwanted; // their clients are gone: they make room for others
        if (is_full())
            unwanted = queue_.take_stopped();
        std::optional<RenderJob> refused;
        if (stopping_)
            refused = std::move(job);
        else if (is_full())
            refused = queue_.replace_newest_of_most(job);
        else
            queue_.push(std::move(job));
        statistics_.refused += refused ? 1 : 0;
        lock.unlock();
        ready_.notify_one();
        cancel(unwanted);
        if (refused)
            refused->completion(
                Error{errc::service_busy,
                      "Too many pictures are waiting to be scaled or converted; try again later"});
    }

    RenderPoolStatistics statistics() const {
        const std::lock_guard lock{mutex_};
        auto now = statistics_;
        now.waiting = queue_.size();
        now.running = threads_.size() - idle_;
        return now;
    }

private:
    /// Renderings of a larger part of the budget leave one thread to the others.
    static constexpr std::uint64_t large_part = 8;
    /// Renderings of a smaller part don't wait for memory.
    static constexpr std::uint64_t small_part = 64;
    static constexpr unsigned most_overtaking = 8;

    /// A running job's part of the budget.
    struct Share {
        std::uint64_t bytes = 0;
        bool is_large = false;
        bool is_missing = false; ///< the job has to wait for it
    };

    bool is_full() const { return queue_.size() >= options_.queue_limit + idle_; }
    bool is_large(std::uint64_t bytes) const { return bytes > options_.decoded_bytes_in_flight / large_part; }

    bool has_room(std::uint64_t bytes) const {
        const auto limit = options_.decoded_bytes_in_flight;
        const auto used = statistics_.decoded_bytes_in_flight;
        return bytes <= limit / small_part ||
               (used <= limit && bytes <= limit - used && (!is_large(bytes) || large_ < most_large_));
    }

    Share taken(std::uint64_t bytes) {
        auto& in_flight = statistics_.decoded_bytes_in_flight;
        in_flight += bytes;
        statistics_.peak_decoded_bytes_in_flight =
            std::max(statistics_.peak_decoded_bytes_in_flight, in_flight);
        large_ += is_large(bytes) ? 1 : 0;
        return {bytes, is_large(bytes), false};
    }

    void give_back(const Share& share) {
        statistics_.decoded_bytes_in_flight -= share.bytes;
        large_ -= share.is_large ? 1 : 0;
    }

    static void cancel(std::deque<RenderJob>& jobs) {
        for (auto& job : jobs)
            job.completion(Error{errc::cancelled});
    }

    void stop() {
        std::deque<RenderJob> left;
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            left = queue_.take_all();
        }
        ready_.notify_all();
        cancel(left);
        for (auto& thread : threads_)
            thread.join();
    }

    /// The next job, and its share if its cost is known.
    std::optional<RenderJob> next_job(Share& share) {
        const auto cost = queue_.next_cost();
        const bool judged_next = cost && has_room(*cost);
        if (judged_next && (overtaking_ >= most_overtaking || !queue_.has_fresh())) {
            overtaking_ = 0;
            share = taken(*cost);
            return queue_.take_judged();
        }
        if (!queue_.has_fresh())
            return std::nullopt;
        overtaking_ += judged_next ? 1 : 0;
        return queue_.take_fresh();
    }

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            Share share;
            std::optional<RenderJob> job;
            ready_.wait(lock, [&] { return stopping_ || (job = next_job(share)); });
            if (!job)
                break;
            --idle_;
            lock.unlock();
            const auto began = std::chrono::steady_clock::now();
            auto made = made_by(*job, share);
            const auto took = std::chrono::steady_clock::now() - began;
            lock.lock();
            give_back(share);
            const bool is_early = share.is_missing && !stopping_; // it waits for memory
            if (!is_early)
                queue_.end(*job);
            else if (queue_.wait_again(*job))
                job.reset();
            else
                made = Error{errc::service_busy};
            if (job) {
                ++statistics_.rendered; // before the completion, so that its receiver reads new figures
                statistics_.times.add(took);
                statistics_.failed += made ? 0 : 1;
                lock.unlock();
                job->completion(std::move(made));
                job.reset(); // destroy its captures without the lock
                lock.lock();
            }
            ++idle_;
            ready_.notify_all(); // memory is free
        }
    }

    /// As `make`; an exception would end the thread.
    [[nodiscard]] result<RenderedImage> made_by(RenderJob& job, Share& share) noexcept {
        try {
            return make(job, share);
        } catch (const std::bad_alloc&) {
            return Error{errc::service_busy};
        }
    }

    /// `share` is the job's part of the budget, before and after.
    [[nodiscard]] result<RenderedImage> make(RenderJob& job, Share& share) {
        if (job.stop.stop_requested())
            return Error{errc::cancelled};
        return job.make([&](const DecodingCost& cost) -> result<void> {
            const auto limit = options_.decoded_bytes_in_flight;
            if (cost.bytes > limit)
                return Error{errc::rendition_too_costly}.with_limit(cost.bytes, limit);
            const std::lock_guard lock{mutex_};
            give_back(share);
            share = {};
            // The judged jobs that wait come first, unless this is one of them or a small one.
            const bool may_pass = job.cost || !queue_.next_cost() || cost.bytes <= limit / small_part;
            job.cost = cost.bytes;
            if (stopping_)
                return Error{errc::cancelled};
            if (may_pass && has_room(cost.bytes)) {
                share = taken(cost.bytes);
                return {};
            }
            share.is_missing = true;
            return Error{errc::cancelled};
        });
    }

    RenderPoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    RenderQueue queue_;
    std::vector<std::thread> threads_; // changed by the constructing and the destroying thread only
    std::size_t idle_ = 0;
    std::size_t most_large_ = 1;
    std::size_t large_ = 0;   ///< running renderings that are large
    unsigned overtaking_ = 0; ///< jobs that started before one that is judged and has room
    bool stopping_ = false;
    RenderPoolStatistics statistics_; // without `waiting` and `running`
};

RenderPool::RenderPool(std::shared_ptr<const BoundedRenderer> renderer, RenderPoolOptions options)
    : renderer_{std::move(renderer)} {
    if (!renderer_)
        throw std::invalid_argument{"RenderPool needs a renderer"};
    state_ = std::make_unique<State>(options);
}

RenderPool::~RenderPool() = default;

result<RenderedImage> RenderPool::render(const RenderImage& job) const {
    return awaited([&](auto completion) { submit(job, std::move(completion)); });
}

void RenderPool::submit(QueuedRendering rendering, Completion<RenderedImage> completion) const {
    auto make = [renderer = renderer_,
                 read = std::move(rendering.read)](const auto& admit) -> result<RenderedImage> {
        const auto job = read();
        return job ? renderer->render(*job, admit) : job.error();
    };
    state_->submit({.client = std::move(rendering.client),
                    .stop = std::move(rendering.stop),
                    .make = std::move(make),
                    .completion = std::move(completion)});
}

result<RenderedImage> RenderPool::placeholder(Placeholder kind, const Rendition& rendition) const {
    return awaited([&](auto completion) { submit_placeholder(kind, rendition, {}, std::move(completion)); });
}

void RenderPool::submit_placeholder(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                                    Completion<RenderedImage> completion) const {
    auto make = [renderer = renderer_, kind, rendition, stop = caller.stop](const auto& admit) {
        return renderer->placeholder(kind, rendition, stop, admit);
    };
    state_->submit({.client = std::move(caller.client),
                    .stop = std::move(caller.stop),
                    .make = std::move(make),
                    .completion = std::move(completion)});
}

void RenderPool::submit(UploadedImage upload, RenderCaller caller, Completion<ImageBytes> completion) const {
    auto make = [renderer = renderer_, upload = std::move(upload), stop = caller.stop](const auto& admit) {
        return renderer->convert(upload, stop, admit);
    };
    state_->submit({.client = std::move(caller.client),
                    .stop = std::move(caller.stop),
                    .make = std::move(make),
                    .completion = [completion = std::move(completion)](result<RenderedImage> made) {
                        completion(made ? result<ImageBytes>{std::move(made->bytes)} : made.error());
                    }});
}

RenderPoolStatistics RenderPool::statistics() const {
    return state_->statistics();
}

} // namespace portrait::imaging
