#include "support/catch.hpp"

#include "load.hpp"
#include "store_fixture.hpp"

#include <chrono>
#include <csignal>
#include <thread>

// Faults of PostgreSQL under load. PORTRAIT_POSTGRES_FAULTS sets how often each is repeated.
namespace postgres_faults_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)

TEST_CASE("connections that are killed under load lose no acknowledged write", "[postgres][fault]") {
    auto& server = shared_postgres();
    const auto schema = PostgresServer::new_schema();
    const auto one = open_store(schema);
    const auto other = open_store(schema);
    Load load{{one.get(), other.get()}, 8};
    for (int count = 0; count < repetitions(20); ++count) {
        load.wait_for_writes(30);
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portrait' AND "
            "state <> 'idle' AND query NOT LIKE '%clock%' LIMIT 1");
    }
    load.wait_for_writes(30);
    load.stop();
    CHECK(load.unexpected() == 0);
    // Each lost answer was found out.
    CHECK(load.unknown() == 0);
    CHECK(load.refused() == 0);
    load.check(*one);
    load.check(*other);
    WARN(load.acknowledged() << " writes, "
                             << one->statistics().lost_answers + other->statistics().lost_answers
                             << " lost answers to COMMIT, "
                             << one->statistics().repeated_batches + other->statistics().repeated_batches
                             << " repeated batches");
}

TEST_CASE("a crash of PostgreSQL loses no acknowledged write, and the store is back within a second",
          "[postgres][fault]") {
    PostgresServer server;
    PostgresOptions options{.connection = server.connection()};
    const auto one = PostgresImageStore::open(options).value();
    const auto other = PostgresImageStore::open(options).value();
    const auto epoch = one->epoch();
    Load load{{one.get(), other.get()}, 8};
    for (int count = 0; count < repetitions(3); ++count) {
        load.wait_for_writes(100);
        server.stop(SIGQUIT);
        const auto away = std::chrono::steady_clock::now();
        CHECK(one->image(person(1)).error() == errc::store_unreachable);
        CHECK(std::chrono::steady_clock::now() - away < 5s);
        while (one->writable())
            std::this_thread::sleep_for(1ms);
        CHECK(one->save(save_command(person(1000), 1)).error() == errc::store_unreachable);
        server.start();
        const auto back = std::chrono::steady_clock::now();
        while (!one->writable() || !one->save(save_command(person(1000), 1)))
            std::this_thread::sleep_for(1ms);
        const auto took = std::chrono::steady_clock::now() - back;
        CHECK(took < 5s); // promised: 1 s
        WARN("back after " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
    }
    load.wait_for_writes(100);
    load.stop();
    CHECK(load.unexpected() == 0);
    load.check(*one);
    load.check(*other);
    CHECK(one->epoch() == epoch); // nothing was lost, so tags stay valid
    WARN(load.acknowledged() << " writes acknowledged, " << load.refused() << " refused, " << load.unknown()
                             << " unknown");
}

} // namespace postgres_faults_test
