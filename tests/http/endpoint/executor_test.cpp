#include <portrait/http/executor.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace executor_test {

using namespace portrait::http; // NOLINT(google-build-using-namespace)

TEST_CASE("an inline executor runs a task on the calling thread before it returns", "[executor]") {
    InlineExecutor executor;
    std::thread::id ran_on;
    REQUIRE(executor.execute([&] { ran_on = std::this_thread::get_id(); }));
    CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("a worker pool runs every task that it took, also those that wait when it ends", "[executor]") {
    std::atomic<int> done{0};
    {
        WorkerPool pool{3, 1000};
        for (int count = 0; count < 500; ++count) {
            REQUIRE(pool.execute([&] { ++done; }));
        }
    }
    CHECK(done == 500);
}

TEST_CASE("a worker pool runs as many tasks at a time as it has threads", "[executor]") {
    std::promise<void> first;
    std::promise<void> second;
    WorkerPool pool{2, 10};
    // Each waits for the other, so a single thread would block forever.
    REQUIRE(pool.execute([&] {
        first.set_value();
        second.get_future().wait();
    }));
    REQUIRE(pool.execute([&] {
        second.set_value();
        first.get_future().wait();
    }));
}

TEST_CASE("a worker pool refuses tasks beyond its queue and never runs them", "[executor]") {
    std::promise<void> started;
    std::promise<void> go_on;
    std::shared_future<void> gate = go_on.get_future().share();
    std::atomic<int> done{0};
    {
        WorkerPool pool{1, 2};
        REQUIRE(pool.execute([&] {
            started.set_value();
            gate.wait();
            ++done;
        }));
        started.get_future().wait();
        CHECK(pool.execute([&] { ++done; }));
        CHECK(pool.execute([&] { ++done; }));
        CHECK_FALSE(pool.execute([&] { done += 100; }));
        go_on.set_value();
    }
    CHECK(done == 3);
}

TEST_CASE("a worker pool without a queue takes a task for each idle thread", "[executor]") {
    std::promise<void> go_on;
    std::shared_future<void> gate = go_on.get_future().share();
    WorkerPool pool{1, 0};
    CHECK(pool.execute([gate] { gate.wait(); }));
    CHECK_FALSE(pool.execute([] {}));
    go_on.set_value();
}

TEST_CASE("a worker pool may be destroyed by a task of its own", "[executor]") {
    auto done = std::make_shared<std::promise<void>>();
    std::promise<void> handed_over;
    std::shared_future<void> gate = handed_over.get_future().share();
    auto pool = std::make_shared<WorkerPool>(2, 10);
    REQUIRE(pool->execute([pool, gate, done]() mutable {
        gate.wait();
        pool.reset();
        done->set_value();
    }));
    pool.reset();
    handed_over.set_value();
    done->get_future().wait();
}

} // namespace executor_test
