#include <portrait/imaging/render_pool.hpp>

#include <vips/vips.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
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
    struct Job {
        std::stop_token stop;
        /// Makes the rendition once its cost is admitted.
        std::function<result<RenderedImage>(const VipsRenderer::Admit& admit)> make;
        Completion<RenderedImage> completion;
    };

    explicit State(const RenderPoolOptions& options)
        : options_{options} {
        auto threads = options.threads != 0 ? options.threads
                                            : std::max<std::size_t>(1, std::thread::hardware_concurrency());
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

    void submit(Job job) {
        std::unique_lock lock{mutex_};
        std::deque<Job> unwanted; // their clients are gone: they make room for others
        if (is_full())
            std::erase_if(queue_, [&](Job& queued) {
                const bool gone = queued.stop.stop_requested();
                if (gone)
                    unwanted.push_back(std::move(queued));
                return gone;
            });
        if (stopping_ || is_full()) {
            ++statistics_.refused;
            lock.unlock();
            return job.completion(
                Error{errc::service_busy, "Too many pictures are waiting to be scaled; try again later"});
        }
        queue_.push_back(std::move(job));
        lock.unlock();
        ready_.notify_one();
        cancel(unwanted);
    }

    RenderPoolStatistics statistics() const {
        const std::lock_guard lock{mutex_};
        auto now = statistics_;
        now.waiting = queue_.size();
        now.running = threads_.size() - idle_;
        return now;
    }

private:
    bool is_full() const { return queue_.size() >= options_.queue_limit + idle_; }

    static void cancel(std::deque<Job>& jobs) {
        for (auto& job : jobs)
            job.completion(Error{errc::cancelled});
    }

    void stop() {
        std::deque<Job> left;
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            left.swap(queue_);
        }
        ready_.notify_all();
        room_.notify_all();
        cancel(left);
        for (auto& thread : threads_)
            thread.join();
    }

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty())
                break;
            auto job = std::move(queue_.front());
            queue_.pop_front();
            --idle_;
            lock.unlock();
            const auto began = std::chrono::steady_clock::now();
            std::uint64_t share = 0;
            auto made = make(job, share);
            const auto took = std::chrono::steady_clock::now() - began;
            lock.lock();
            statistics_.decoded_bytes_in_flight -= share;
            ++statistics_.rendered; // before the completion, so that its receiver reads new figures
            statistics_.times.add(took);
            statistics_.failed += made ? 0 : 1;
            lock.unlock();
            room_.notify_all();
            job.completion(std::move(made));
            job = {}; // destroy its captures without the lock
            lock.lock();
            ++idle_;
        }
        lock.unlock();
        vips_thread_shutdown();
    }

    /// `share` becomes the job's part of the budget.
    [[nodiscard]] result<RenderedImage> make(const Job& job, std::uint64_t& share) {
        if (job.stop.stop_requested())
            return Error{errc::cancelled};
        return job.make([&](const DecodingCost& cost) -> result<void> {
            const auto limit = options_.decoded_bytes_in_flight;
            if (cost.bytes > limit)
                return Error{errc::rendition_too_costly}.with_limit(cost.bytes, limit);
            if (!take(cost.bytes))
                return Error{errc::cancelled};
            share = cost.bytes;
            return {};
        });
    }

    /// Waits for a share of the budget, in order: small pictures must not overtake a large one for ever.
    bool take(std::uint64_t bytes) {
        std::unique_lock lock{mutex_};
        const auto ticket = next_ticket_++;
        auto& in_flight = statistics_.decoded_bytes_in_flight;
        room_.wait(lock, [&] {
            return stopping_ || (ticket == serving_ && in_flight + bytes <= options_.decoded_bytes_in_flight);
        });
        ++serving_;
        room_.notify_all();
        if (stopping_)
            return false;
        in_flight += bytes;
        statistics_.peak_decoded_bytes_in_flight =
            std::max(statistics_.peak_decoded_bytes_in_flight, in_flight);
        return true;
    }

    RenderPoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable room_;
    std::deque<Job> queue_;
    std::vector<std::thread> threads_; // changed by the constructing and the destroying thread only
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::uint64_t next_ticket_ = 0;
    std::uint64_t serving_ = 0;
    RenderPoolStatistics statistics_; // without `waiting` and `running`
};

RenderPool::RenderPool(std::shared_ptr<const VipsRenderer> renderer, RenderPoolOptions options)
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
    state_->submit({std::move(rendering.stop), std::move(make), std::move(completion)});
}

result<RenderedImage> RenderPool::placeholder(Placeholder kind, const Rendition& rendition) const {
    return awaited([&](auto completion) { submit_placeholder(kind, rendition, {}, std::move(completion)); });
}

void RenderPool::submit_placeholder(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                                    Completion<RenderedImage> completion) const {
    auto make = [renderer = renderer_, kind, rendition, stop](const auto& admit) {
        return renderer->placeholder(kind, rendition, stop, admit);
    };
    state_->submit({std::move(stop), std::move(make), std::move(completion)});
}

RenderPoolStatistics RenderPool::statistics() const {
    return state_->statistics();
}

} // namespace portrait::imaging
