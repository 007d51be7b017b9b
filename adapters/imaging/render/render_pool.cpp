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
    /// Makes the rendition once its cost is admitted.
    using Make = std::function<result<RenderedImage>(const VipsRenderer::Admit& admit)>;

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

    void submit(std::stop_token stop, Make make, Completion<RenderedImage> completion) {
        std::deque<Waiting> unwanted;
        Completion<RenderedImage> refused;
        {
            const std::lock_guard lock{mutex_};
            if (queue_.size() >= options_.queue_limit + idle_)
                unwanted = take_unwanted();
            if (!stopping_ && queue_.size() < options_.queue_limit + idle_) {
                queue_.push_back({std::move(stop), std::move(make), std::move(completion)});
            } else {
                refused = std::move(completion);
                ++refused_;
            }
        }
        if (!refused)
            ready_.notify_one();
        for (auto& waiting : unwanted)
            waiting.completion(Error{errc::cancelled});
        if (refused)
            refused(Error{errc::service_busy, "Too many pictures are waiting to be scaled; try again later"});
    }

    RenderPoolStatistics statistics() const {
        const std::lock_guard lock{mutex_};
        return {.rendered = rendered_,
                .failed = failed_,
                .refused = refused_,
                .waiting = queue_.size(),
                .running = threads_.size() - idle_,
                .decoded_bytes_in_flight = in_flight_,
                .peak_decoded_bytes_in_flight = peak_in_flight_,
                .times = times_};
    }

private:
    struct Waiting {
        std::stop_token stop;
        Make make;
        Completion<RenderedImage> completion;
    };

    /// Removes jobs whose clients are gone, to make room for others.
    std::deque<Waiting> take_unwanted() {
        std::deque<Waiting> unwanted;
        std::erase_if(queue_, [&](Waiting& waiting) {
            if (!waiting.stop.stop_requested())
                return false;
            unwanted.push_back(std::move(waiting));
            return true;
        });
        return unwanted;
    }

    void stop() {
        std::deque<Waiting> left;
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
            left.swap(queue_);
        }
        ready_.notify_all();
        room_.notify_all();
        for (auto& waiting : left)
            waiting.completion(Error{errc::cancelled});
        for (auto& thread : threads_)
            thread.join();
    }

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty())
                break;
            auto waiting = std::move(queue_.front());
            queue_.pop_front();
            --idle_;
            lock.unlock();
            const auto began = std::chrono::steady_clock::now();
            auto made = make(waiting);
            const auto took = std::chrono::steady_clock::now() - began;
            lock.lock();
            ++rendered_; // before the completion, so that its receiver reads new figures
            times_.add(took);
            failed_ += made ? 0 : 1;
            lock.unlock();
            waiting.completion(std::move(made));
            waiting = {}; // destroy its captures without the lock
            lock.lock();
            ++idle_;
        }
        lock.unlock();
        vips_thread_shutdown();
    }

    /// A share of the budget; the destructor returns it.
    class Share {
    public:
        explicit Share(State& state)
            : state_{state} {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { state_.give_back(bytes_); }

        [[nodiscard]] result<void> take(const DecodingCost& cost) {
            const auto limit = state_.options_.decoded_bytes_in_flight;
            if (cost.bytes > limit)
                return Error{errc::rendition_too_costly}.with_limit(cost.bytes, limit);
            if (!state_.take(cost.bytes))
                return Error{errc::cancelled};
            bytes_ = cost.bytes;
            return {};
        }

    private:
        State& state_;
        std::uint64_t bytes_ = 0;
    };

    [[nodiscard]] result<RenderedImage> make(const Waiting& job) {
        if (job.stop.stop_requested())
            return Error{errc::cancelled};
        Share share{*this};
        return job.make([&share](const DecodingCost& cost) { return share.take(cost); });
    }

    /// Waits for a share of the budget, in order: small pictures must not overtake a large one for ever.
    bool take(std::uint64_t bytes) {
        std::unique_lock lock{mutex_};
        const auto ticket = next_ticket_++;
        room_.wait(lock, [&] {
            return stopping_ ||
                   (ticket == serving_ && in_flight_ + bytes <= options_.decoded_bytes_in_flight);
        });
        ++serving_;
        room_.notify_all();
        if (stopping_)
            return false;
        in_flight_ += bytes;
        peak_in_flight_ = std::max(peak_in_flight_, in_flight_);
        return true;
    }

    void give_back(std::uint64_t bytes) {
        const std::lock_guard lock{mutex_};
        in_flight_ -= bytes;
        room_.notify_all();
    }

    RenderPoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable room_;
    std::deque<Waiting> queue_;
    std::vector<std::thread> threads_; // changed by the constructing and the destroying thread only
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::uint64_t next_ticket_ = 0;
    std::uint64_t serving_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t peak_in_flight_ = 0;
    std::uint64_t rendered_ = 0;
    DurationHistogram times_;
    std::uint64_t failed_ = 0;
    std::uint64_t refused_ = 0;
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
    state_->submit(std::move(rendering.stop), std::move(make), std::move(completion));
}

result<RenderedImage> RenderPool::placeholder(Placeholder kind, const Rendition& rendition) const {
    return awaited([&](auto completion) { submit_placeholder(kind, rendition, {}, std::move(completion)); });
}

void RenderPool::submit_placeholder(Placeholder kind, const Rendition& rendition, std::stop_token stop,
                                    Completion<RenderedImage> completion) const {
    auto make = [renderer = renderer_, kind, rendition, stop](const auto& admit) -> result<RenderedImage> {
        const auto cost = renderer->cost(kind, rendition);
        if (!cost)
            return cost.error();
        if (const auto admitted = admit(*cost); !admitted)
            return admitted.error();
        return renderer->placeholder(kind, rendition, stop);
    };
    state_->submit(std::move(stop), std::move(make), std::move(completion));
}

RenderPoolStatistics RenderPool::statistics() const {
    return state_->statistics();
}

} // namespace portrait::imaging
