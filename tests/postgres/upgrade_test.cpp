#include "support/catch.hpp"

#include "load.hpp"
#include "store_fixture.hpp"

#include <portrait/testing/conformance/several_stores.hpp>
#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <string>
#include <thread>

// Tables that a newer server has changed.
namespace postgres_upgrade_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)

/// A migration, as the next version makes it: alone among the writers, and it only adds.
std::string next_version(const std::string& schema) {
    return "BEGIN; SET search_path = " + schema +
           "; SET LOCAL lock_timeout = '2s'; SELECT pg_advisory_xact_lock(x'706F727472616974'::bigint);"
           "ALTER TABLE blob ADD COLUMN mood text NOT NULL DEFAULT 'calm';"
           "ALTER TABLE person_slot ADD COLUMN shelf integer;"
           "ALTER TABLE content ADD COLUMN packed boolean NOT NULL DEFAULT false;"
           "ALTER TABLE store ADD COLUMN colour text;"
           "ALTER TABLE commit_token ADD COLUMN place text;"
           "CREATE TABLE album (album_id integer PRIMARY KEY);"
           "UPDATE store SET version = version + 1; COMMIT";
}

TEST_CASE("servers go on under load beside the tables of the next version", "[postgres][fault]") {
    const auto schema = PostgresServer::new_schema();
    const auto one = open_store(schema);
    const auto other = open_store(schema);
    {
        Load load{{one.get(), other.get()}, 8};
        load.wait_for_writes(100);
        shared_postgres().run(next_version(schema));
        load.wait_for_writes(100);
        // Plans of another type of result, or that are gone, are made anew.
        shared_postgres().run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
            "'portrait' AND state = 'idle' LIMIT 2");
        load.wait_for_writes(100);
        load.stop();
        CHECK(load.refused() == 0);
        CHECK(load.unknown() == 0);
        CHECK(load.unexpected() == 0);
        load.check(*one);
        load.check(*other);
    }
    // A server of this version starts beside it, too.
    const auto late = open_store(schema);
    CHECK(late->image(person(1)).has_value());
    CHECK(late->save(save_command(person(1), 7)).has_value());
    CHECK(late->link(link_command(person(50), late->info(person(1)).value().blob_id)).has_value());
    CHECK(late->remove({.target = person(50), .actor = actor(1), .now = at(5), .precondition = {}})
              .has_value());
}

TEST_CASE("a migration waits for no writer longer than its limit, and writers wait for it",
          "[postgres][fault]") {
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    Load load{{store.get()}, 4};
    load.wait_for_writes(20);
    shared_postgres().run(
        "BEGIN; SELECT pg_advisory_xact_lock(x'706F727472616974'::bigint); SELECT pg_sleep(0.3); "
        "COMMIT");
    load.wait_for_writes(20);
    load.stop();
    CHECK(load.refused() == 0);
    CHECK(load.unexpected() == 0);
}

template<class Condition>
bool is_true_soon(const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + 15s; // promised: 3 s
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

TEST_CASE("tables that this version may not use are refused at start and by running servers",
          "[postgres][fault]") {
    const auto schema = PostgresServer::new_schema();
    const auto writer = open_store(schema);
    const auto reader = open_store(schema);
    REQUIRE(writer->save(save_command(person(1), 1)).has_value());
    REQUIRE(reader->image(person(1)).has_value());
    wait_for_upkeep(shared_postgres(), 2);
    shared_postgres().run("UPDATE " + schema + ".store SET version = 1000, oldest_reader = 1000");

    // A write is refused at once, since its transaction has read the row.
    const auto refused = writer->save(save_command(person(1), 2));
    CHECK(refused.error() == errc::store_newer_schema);
    CHECK(refused.error().cause().find("1000") != std::string::npos);
    CHECK(is_true_soon([&] { return writer->writable().error() == errc::store_newer_schema; }));
    CHECK(is_true_soon([&] { return reader->writable().error() == errc::store_newer_schema; }));
    CHECK(is_true_soon([&] { return reader->image(person(1)).error() == errc::store_newer_schema; }));
    CHECK(is_true_soon([&] { return reader->info(person(1)).error() == errc::store_newer_schema; }));
    const auto opened =
        PostgresImageStore::open({.connection = shared_postgres().connection(), .schema = schema});
    CHECK(opened.error() == errc::store_newer_schema);

    shared_postgres().run("UPDATE " + schema + ".store SET version = 1, oldest_reader = 1");
    CHECK(
        is_true_soon([&] { return reader->image(person(1)).has_value() && writer->writable().has_value(); }));
    CHECK(has_picture(*writer, person(1), 1));
}

} // namespace postgres_upgrade_test
