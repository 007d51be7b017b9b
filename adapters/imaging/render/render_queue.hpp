#pragma once

#include <portrait/imaging/bounded_renderer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace portrait::imaging {

/// A rendition or a conversion to make.
struct RenderJob {
    std::string client;
    std::stop_token stop;
    /// Makes the rendition once its cost is admitted.
    std::function<result<RenderedImage>(const BoundedRenderer::Admit& admit)> make;
    Completion<RenderedImage> completion;
    std::optional<std::uint64_t> cost{}; ///< `DecodingCost::bytes`; absent: not judged yet, the job is fresh
};

/// Queued jobs by client, fresh ones and judged ones. The next one is the first of the client with fewest
/// running jobs; among equals, of the client that waited longest. Not thread-safe.
class RenderQueue {
public:
    std::size_t size() const noexcept { return size_; }
    bool has_fresh() const noexcept { return fresh_ != 0; }
    /// The cost of the next judged job.
    std::optional<std::uint64_t> next_cost() const;

    /// Leaves the job as it is when it throws.
    void push(RenderJob&& job);
    /// Pushes the job in place of the newest of the client with most jobs, and returns that; or returns the
    /// job itself when its client has as many.
    RenderJob replace_newest_of_most(RenderJob& job);

    /// The next job, which counts as running until `end` or `wait_again`. Call them only if there is one.
    RenderJob take_fresh();
    RenderJob take_judged();
    void end(const RenderJob& job) noexcept;
    /// Takes the job and pushes it. False without memory; then the job stays as it is, and has ended.
    bool wait_again(RenderJob& job) noexcept;

    std::deque<RenderJob> take_stopped();
    std::deque<RenderJob> take_all();

private:
    using Jobs = std::deque<RenderJob>;
    struct Client {
        Jobs fresh;
        Jobs judged;
        std::size_t running = 0;
        std::uint64_t turn = 0; ///< its last one

        std::size_t waiting() const { return fresh.size() + judged.size(); }
    };
    using Clients = std::map<std::string, Client>;

    Clients::const_iterator next(Jobs Client::*kind) const;
    RenderJob take(Jobs Client::*kind);
    void push(Client& client, RenderJob&& job);
    void end(Clients::iterator client) noexcept;
    void forget_if_unused(Clients::iterator client);

    Clients clients_; ///< with jobs that wait or run
    std::size_t size_ = 0;
    std::size_t fresh_ = 0;
    std::uint64_t turns_ = 0;
};

} // namespace portrait::imaging
