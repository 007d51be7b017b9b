#include "rendering.hpp"

#include "support/pictures.hpp"

#include "render/render_queue.hpp"

#include <portrait/imaging/render_pool.hpp>

#include <vips/vips8>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace render_pool_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

constexpr Rendition to_jpeg{32, 32, ImageFormat::jpeg, Fit::inside};

RenderImage large_png() {
    return job_of(bytes_of(make_png(1000, 800)), to_jpeg);
}

class Outcomes {
public:
    Completion<RenderedImage> next() {
        auto promise = std::make_shared<std::promise<result<RenderedImage>>>();
        futures_.push_back(promise->get_future());
        return [promise](result<RenderedImage> made) { promise->set_value(std::move(made)); };
    }
    std::vector<result<RenderedImage>> all() {
        std::vector<result<RenderedImage>> outcomes;
        for (auto& future : futures_)
            outcomes.push_back(future.get());
        return outcomes;
    }

private:
    std::vector<std::future<result<RenderedImage>>> futures_;
};

QueuedRendering queued(RenderImage job, std::string client) {
    return {.read = [job = std::move(job)]() -> result<RenderImage> { return job; },
            .stop = {},
            .client = std::move(client)};
}

std::ptrdiff_t refused_in(const std::vector<result<RenderedImage>>& outcomes) {
    return std::count_if(outcomes.begin(), outcomes.end(),
                         [](const auto& made) { return !made && made.error() == errc::service_busy; });
}

/// Keeps the only thread of a pool busy until it is released.
class Blocker {
public:
    explicit Blocker(const RenderPool& pool) {
        // The thread may still run the completion when this object is destroyed.
        const auto running = std::make_shared<std::promise<void>>();
        auto is_running = running->get_future();
        pool.submit(job_of(bytes_of(make_png()), to_jpeg),
                    [running, may_go = let_go_.get_future().share()](const result<RenderedImage>&) {
                        running->set_value();
                        may_go.wait();
                    });
        is_running.wait();
    }
    void let_go() { let_go_.set_value(); }

private:
    std::promise<void> let_go_;
};

} // namespace

TEST_CASE("a pool renders every job in any order") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 3}};
    Outcomes outcomes;
    for (int count = 0; count < 60; ++count)
        pool.submit(large_png(), outcomes.next());
    for (const auto& made : outcomes.all()) {
        REQUIRE(made);
        CHECK(made->width == 32);
        CHECK(made->height == 26);
        CHECK(made->format == ImageFormat::jpeg);
    }
    CHECK(pool.statistics().failed == 0);
}

TEST_CASE("pictures that are decoded together stay within the budget") {
    const auto renderer = std::make_shared<VipsRenderer>();
    DecodingCost cost;
    const auto note = [&cost](const DecodingCost& judged) {
        cost = judged;
        return result<void>{};
    };
    REQUIRE(renderer->render(large_png(), note));
    CHECK(cost.bytes == 1000 * 800 * 3);
    const RenderPool pool{renderer, {.threads = 4, .decoded_bytes_in_flight = cost.bytes * 2}};
    Outcomes outcomes;
    for (int count = 0; count < 40; ++count)
        pool.submit(large_png(), outcomes.next());
    for (const auto& made : outcomes.all())
        CHECK(made);
    CHECK(pool.statistics().peak_decoded_bytes_in_flight <= cost.bytes * 2);
    CHECK(pool.statistics().peak_decoded_bytes_in_flight >= cost.bytes);
    CHECK(pool.statistics().decoded_bytes_in_flight == 0);
}

TEST_CASE("a picture that alone is over the pool's budget is too costly") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1, .decoded_bytes_in_flight = 1000}};
    const auto made = pool.render(large_png());
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_too_costly);
    CHECK(made.error().observed() == 1000 * 800 * 3);
    CHECK(made.error().limit() == 1000);
}

TEST_CASE("a queued rendering has read no picture") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1}};
    Blocker blocker{pool};
    Outcomes outcomes;
    std::atomic<int> reads{0};
    for (int count = 0; count < 10; ++count)
        pool.submit(QueuedRendering{.read = [&reads]() -> result<RenderImage> {
                                        ++reads;
                                        return large_png();
                                    },
                                    .stop = {}},
                    outcomes.next());
    CHECK(pool.statistics().waiting == 10);
    CHECK(reads == 0);
    blocker.let_go();
    for (const auto& made : outcomes.all())
        CHECK(made);
    CHECK(reads == 10);
}

TEST_CASE("a read error fails its own rendering only") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1}};
    Outcomes outcomes;
    pool.submit(
        QueuedRendering{.read = []() -> result<RenderImage> { return Error{errc::store_io}; }, .stop = {}},
        outcomes.next());
    pool.submit(large_png(), outcomes.next());
    const auto made = outcomes.all();
    REQUIRE_FALSE(made.front());
    CHECK(made.front().error() == errc::store_io);
    CHECK(made.back());
}

TEST_CASE("a pool with a full queue returns service_busy at once") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1, .queue_limit = 2}};
    Blocker blocker{pool};
    Outcomes taken;
    pool.submit(large_png(), taken.next());
    pool.submit(large_png(), taken.next());
    const auto refused = pool.render(large_png());
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::service_busy);
    CHECK(pool.statistics().refused == 1);
    CHECK(pool.statistics().waiting == 2);
    blocker.let_go();
    for (const auto& made : taken.all())
        CHECK(made);
}

TEST_CASE("a client whose queue is long does not keep another client's picture waiting") {
    constexpr int costly = 24;
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 2, .queue_limit = costly}};
    const auto picture =
        job_of(bytes_of(make_png(4000, 4000)), to_jpeg); // 48 MB, over an eighth of the budget
    std::atomic<int> done{0};
    Outcomes outcomes;
    for (int count = 0; count < costly; ++count)
        pool.submit(queued(picture, "192.0.2.1"),
                    [&done, next = outcomes.next()](result<RenderedImage> made) {
                        ++done;
                        next(std::move(made));
                    });
    for (const auto* client : {"192.0.2.2", "192.0.2.1"}) { // small before large for one client, too
        std::promise<int> before;
        auto done_before = before.get_future();
        pool.submit(queued(job_of(bytes_of(make_png(90, 80)), to_jpeg), client),
                    [&](const result<RenderedImage>& made) {
                        CHECK(made);
                        before.set_value(done);
                    });
        CHECK(done_before.get() < costly / 2);
    }
    for (const auto& made : outcomes.all())
        CHECK(made);
}

TEST_CASE("a full queue refuses the client with most jobs in it") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1, .queue_limit = 4}};
    Blocker blocker{pool};
    Outcomes many;
    Outcomes few;
    for (int count = 0; count < 4; ++count)
        pool.submit(queued(large_png(), "many"), many.next());
    for (int count = 0; count < 3; ++count)
        pool.submit(queued(large_png(), "few"), few.next());
    CHECK(pool.statistics().waiting == 4);
    CHECK(pool.statistics().refused == 3);
    blocker.let_go();
    CHECK(refused_in(many.all()) == 2);
    CHECK(refused_in(few.all()) == 1);
}

TEST_CASE("clients take turns in the queue, the one with fewest running jobs first") {
    RenderQueue queue;
    const auto push = [&](const std::string& client, std::optional<std::uint64_t> cost = {}) {
        queue.push({.client = client, .stop = {}, .make = {}, .completion = {}, .cost = cost});
    };
    for (int count = 0; count < 3; ++count)
        push("a");
    push("b");
    push("b", 7);
    push("c");
    std::string order;
    while (queue.has_fresh())
        order += queue.take_fresh().client;
    CHECK(order == "abcaa");
    CHECK(queue.next_cost() == 7);
    CHECK(queue.take_judged().client == "b");
    CHECK(queue.size() == 0);
    push("a");
    push("c");
    CHECK(queue.take_fresh().client == "c"); // one of its jobs runs, three of the other
}

TEST_CASE("a queued job whose stop was requested is not decoded and makes room in the queue") {
    const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1, .queue_limit = 2}};
    Blocker blocker{pool};
    std::stop_source stop;
    Outcomes unwanted;
    for (int count = 0; count < 2; ++count) {
        auto job = large_png();
        job.stop = stop.get_token();
        pool.submit(std::move(job), unwanted.next());
    }
    stop.request_stop();
    Outcomes wanted;
    pool.submit(large_png(), wanted.next());
    blocker.let_go();
    for (const auto& made : unwanted.all()) {
        REQUIRE_FALSE(made);
        CHECK(made.error() == errc::cancelled);
    }
    for (const auto& made : wanted.all())
        CHECK(made);
}

TEST_CASE("a destroyed pool cancels queued jobs and calls every completion") {
    Outcomes outcomes;
    {
        const RenderPool pool{std::make_shared<VipsRenderer>(), {.threads = 1}};
        for (int count = 0; count < 50; ++count)
            pool.submit(large_png(), outcomes.next());
    }
    for (const auto& made : outcomes.all())
        CHECK((made || made.error() == errc::cancelled));
}

TEST_CASE("a rendering over its time limit is ended") {
    const VipsRenderer renderer{{.time_limit = std::chrono::milliseconds{1}}};
    const auto made = renderer.render(job_of(bytes_of(make_png(4000, 4000)), to_jpeg));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_timed_out);
}

TEST_CASE("a running rendering ends when stop is requested") {
    const VipsRenderer renderer;
    std::stop_source stop;
    auto job = job_of(bytes_of(make_png(6000, 4000)), {{}, {}, ImageFormat::png, Fit::inside});
    job.stop = stop.get_token();
    auto made = std::async(std::launch::async, [&] { return renderer.render(job); });
    stop.request_stop();
    const auto outcome = made.get();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == errc::cancelled);
}

TEST_CASE("a pool draws placeholders in its queue and within its bounds") {
    const RenderPool pool{std::make_shared<VipsRenderer>(),
                          {.threads = 1, .queue_limit = 2, .decoded_bytes_in_flight = 100 * 100 * 4}};
    const auto ask = [&](std::uint32_t side, std::stop_token stop, Completion<RenderedImage> completion) {
        pool.submit_placeholder(Placeholder::standard, {side, side, ImageFormat::png, Fit::inside},
                                std::move(stop), std::move(completion));
    };
    CHECK(pool.placeholder(Placeholder::standard, {100, 100, {}, Fit::inside}));
    const auto costly = pool.placeholder(Placeholder::standard, {101, 101, {}, Fit::inside});
    REQUIRE_FALSE(costly);
    CHECK(costly.error() == errc::rendition_too_costly);
    CHECK(costly.error().observed() == 101 * 101 * 4);

    Blocker blocker{pool};
    Outcomes taken;
    std::stop_source gone;
    ask(60, gone.get_token(), taken.next());
    ask(60, {}, taken.next());
    CHECK(pool.statistics().waiting == 2);
    const auto refused = pool.placeholder(Placeholder::standard, {60, 60, {}, Fit::inside});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::service_busy);
    gone.request_stop();
    blocker.let_go();
    const auto made = taken.all();
    CHECK(made.front().error() == errc::cancelled);
    CHECK(made.back());
}

TEST_CASE("a placeholder that takes too long or costs too much is refused") {
    const VipsRenderer hasty{{.time_limit = std::chrono::milliseconds{1}}};
    const auto late = hasty.placeholder(Placeholder::standard, {4096, 4096, ImageFormat::gif, Fit::inside});
    REQUIRE_FALSE(late);
    CHECK(late.error() == errc::rendition_timed_out);
    const VipsRenderer frugal{{.max_decoded_bytes = 1'000'000}};
    const auto costly = frugal.placeholder(Placeholder::standard, {4096, 4096, {}, Fit::inside});
    REQUIRE_FALSE(costly);
    CHECK(costly.error() == errc::rendition_too_costly);
}

TEST_CASE("settings outside their bounds and a missing renderer are programming errors") {
    CHECK_THROWS_AS(VipsRenderer{{.jpeg_quality = 0}}, std::invalid_argument);
    CHECK_THROWS_AS(VipsRenderer{{.png_compression = 10}}, std::invalid_argument);
    CHECK_THROWS_AS((VipsRenderer{{.time_limit = std::chrono::milliseconds{0}}}), std::invalid_argument);
    CHECK_THROWS_AS(RenderPool{nullptr}, std::invalid_argument);
}

TEST_CASE("a renderer's revision has libvips' version") {
    const auto renderer = std::make_shared<VipsRenderer>();
    const RenderPool pool{renderer, {.threads = 1}};
    CHECK(pool.revision() == renderer->revision());
    CHECK(renderer->revision().starts_with(std::to_string(vips_version(0)) + "." +
                                           std::to_string(vips_version(1))));
    CHECK(renderer->revision().size() <= 32);
}

} // namespace render_pool_test
