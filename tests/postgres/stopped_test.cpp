#include "support/catch.hpp"

#include "node_process.hpp"
#include "store_fixture.hpp"

#include <portrait/testing/conformance/several_stores.hpp>
#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <thread>

// Processes that stop without closing their connections.
namespace postgres_stopped_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)

std::chrono::steady_clock::duration time_until_saved(ImageStore& store, PersonId person_id,
                                                     std::uint32_t seed) {
    const auto begin = std::chrono::steady_clock::now();
    for (;;) {
        const auto saved = store.save(save_command(person_id, seed));
        const auto took = std::chrono::steady_clock::now() - begin;
        if (saved || took > 60s)
            return took;
        CHECK(saved.error() == errc::service_busy); // others wait for its locks, and are told so
    }
}

#ifdef PORTRAIT_INJECTION_POINTS

TEST_CASE("a server that is stopped with locks is overtaken", "[postgres][fault]") {
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    NodeProcess node{shared_postgres().connection(), schema};
    REQUIRE(store->save(save_command(person(1), 1)).has_value());

    SECTION("between two groups of statements, by PostgreSQL's limit of 5 s") {
        node.ask("stop postgres/decided");
        node.tell("save 1 2");
    }
    SECTION("in the middle of a pipeline, by the rule of 10 s") {
        // The description is longer than libpq's buffer, so it is sent before the rest of its group.
        node.ask("stop postgres/changes_sent");
        node.tell("describe 1 100000");
    }
    node.wait_until_stopped();
    // Other persons don't wait.
    CHECK(time_until_saved(*store, person(2), 3) < 5s);
    CHECK(time_until_saved(*store, person(1), 3) < 60s); // promised: 12 s
    const auto before = store->info(person(1)).value();
    CHECK(before.description.empty());

    // Its transaction was rolled back, so it repeats the write.
    node.signal(SIGCONT);
    const auto answer = node.answer();
    INFO(answer);
    const auto after = store->info(person(1)).value();
    if (after.description.empty() && after.digest == before.digest)
        // Its own limit was over.
        CHECK(
            (answer.find("Too busy") != std::string::npos || answer.find("could not") != std::string::npos));
    else
        CHECK(after.blob_version == before.blob_version + 1);
}

#endif

TEST_CASE("a backend that is stopped in COMMIT stops no other person's writes, and its write is whole",
          "[postgres][fault]") {
    const PostgresServer server;
    const auto store = open_store_at(server.connection(), {.limit = 2s});
    const auto other = open_store_at(server.connection(), {.limit = 2s});
    REQUIRE(store->save(save_command(person(1), 1)).has_value());

    // It waits for a standby when it is stopped, so that it holds no lock that all commits need.
    server.set("synchronous_standby_names", "missing");
    auto saving = std::async(std::launch::async, [&] { return store->save(save_command(person(1), 2)); });
    const std::string waiting = " FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
    server.wait_until("SELECT count(*) = 1" + waiting);
    const auto backend = std::stoi(server.run("SELECT pid" + waiting));
    ::kill(backend, SIGSTOP);
    server.set("synchronous_standby_names", "");
    CHECK(other->save(save_command(person(2), 1)).has_value());
    CHECK(store->save(save_command(person(3), 1)).has_value());
    CHECK(saving.get().error() == errc::store_io); // unknown
    CHECK(other->save(save_command(person(1), 3)).error() == errc::service_busy);
    CHECK(has_picture(*other, person(1), 1));

    ::kill(backend, SIGCONT);
    server.wait_until("SELECT count(*) = 0" + waiting);
    CHECK(has_picture(*other, person(1), 2));
    CHECK(time_until_saved(*other, person(1), 4) < 10s);
    CHECK(has_picture(*store, person(1), 4));
}

} // namespace postgres_stopped_test
