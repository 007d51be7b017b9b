#include "support/catch.hpp"

#include "client/connector.hpp"
#include "commit/batch.hpp"
#include "store_fixture.hpp"

#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <string>

// The question whether a transaction was committed whose answer was lost.
namespace postgres_fence_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)
using postgres::BatchAttempt;
using postgres::Connection;
using postgres::Connector;
using postgres::Deadline;

/// A batch of one save.
struct OneSave {
    explicit OneSave(PersonId person_id) {
        members.push_back(std::make_unique<postgres::CommandMember<SaveImage, SavedImage>>(
            save_command(person_id, 1), [](const result<SavedImage>&) {}, soon()));
    }
    static Deadline soon() { return Deadline::clock::now() + 10s; }

    postgres::Members members;
};

std::unique_ptr<Connection> connect(Connector& connector) {
    auto opened = connector.open(OneSave::soon());
    INFO((opened ? "" : opened.error().cause()));
    REQUIRE(opened.has_value());
    return *std::move(opened);
}

TEST_CASE("the fence says the same however often it is asked", "[postgres][fault]") {
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    Connector connector{shared_postgres().connection(), schema};
    const auto one = connect(connector);
    const auto other = connect(connector);
    const OneSave save{person(1)};
    BatchAttempt batch{save.members, nullptr};

    SECTION("committed") {
        REQUIRE(batch.run(*one, OneSave::soon()) == BatchAttempt::End::committed);
        for (int asked = 0; asked < 3; ++asked)
            CHECK(batch.is_committed(*other, OneSave::soon()) == true);
        CHECK(store->info(person(1)).has_value());
    }
    SECTION("not committed, and never will be") {
        for (int asked = 0; asked < 3; ++asked)
            CHECK(batch.is_committed(*other, OneSave::soon()) == false);
        // Its statements arrive late.
        CHECK(batch.run(*one, OneSave::soon()) != BatchAttempt::End::committed);
        CHECK(store->info(person(1)).error() == errc::image_none);
        CHECK(batch.is_committed(*other, OneSave::soon()) == false);
    }
}

/// A server whose commits wait for a standby that isn't there, until it is said to be of no importance.
struct LonelyPrimary {
    LonelyPrimary() { store = open_store_at(server.connection(), {.limit = 2s}); }

    void require_standby(const std::string& name) const { server.set("synchronous_standby_names", name); }
    std::future<result<SavedImage>> begin_save() const {
        return std::async(std::launch::async, [this] { return store->save(save_command(person(1), 1)); });
    }
    /// Calls a function such as pg_cancel_backend for the backend that waits for the standby.
    void call_for_waiting(const std::string& function) const {
        const std::string waiting =
            " FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
        server.wait_until("SELECT count(*) = 1" + waiting);
        server.run("SELECT " + function + "(pid)" + waiting);
    }

    PostgresServer server;
    std::unique_ptr<PostgresImageStore> store;
};

TEST_CASE("a commit that the standby has not confirmed is no success", "[postgres][fault]") {
    const LonelyPrimary primary;
    primary.require_standby("missing");
    auto saving = primary.begin_save();

    SECTION("when its wait is cancelled") {
        primary.call_for_waiting("pg_cancel_backend");
        CHECK(saving.get().error() == errc::store_io);
    }
    SECTION("when its connection is killed, and the fence finds no standby either") {
        primary.call_for_waiting("pg_terminate_backend");
        CHECK(saving.get().error() == errc::store_io);
        CHECK(primary.store->statistics().lost_answers == 1);
    }
    SECTION("until the standby is there: then the fence finds the killed one") {
        primary.call_for_waiting("pg_terminate_backend");
        primary.server.wait_until(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND "
            "query LIKE 'INSERT INTO commit_token%'");
        primary.require_standby("");
        CHECK(saving.get().has_value());
        CHECK(primary.store->statistics().lost_answers == 1);
    }
}

TEST_CASE("writes are refused at once while no standby confirms them, and reads go on", "[postgres][fault]") {
    const LonelyPrimary primary;
    REQUIRE(primary.store->save(save_command(person(2), 1)).has_value());
    primary.require_standby("missing");
    auto saving = primary.begin_save();
    CHECK(saving.get().error() == errc::store_io);
    const auto end = std::chrono::steady_clock::now() + 60s; // promised: 12 s
    while (primary.store->writable() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(10ms);
    CHECK(primary.store->writable().error() == errc::store_unreachable);
    const auto begin = std::chrono::steady_clock::now();
    const auto refused = primary.store->save(save_command(person(2), 2));
    CHECK(refused.error() == errc::store_unreachable);
    CHECK(refused.error().cause().find("standby") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
    CHECK(primary.store->image(person(2)).has_value());
    primary.require_standby("");
    while (!primary.store->writable() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(10ms);
    CHECK(primary.store->save(save_command(person(2), 2)).has_value());
    CHECK(primary.store->info(person(1)).has_value()); // the unknown one was committed
}

TEST_CASE("the fence answers on the promoted standby", "[postgres][fault]") {
    PostgresServer primary;
    open_store_at(primary.connection()).reset();
    PostgresServer standby{primary, "standby"};
    primary.set("synchronous_standby_names", "standby");
    primary.wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'");

    Connector to_primary{primary.connection(), "portrait"};
    const auto before = connect(to_primary);
    const OneSave saved{person(1)};
    BatchAttempt committed{saved.members, nullptr};
    REQUIRE(committed.run(*before, OneSave::soon()) == BatchAttempt::End::committed);
    const OneSave unsaved{person(2)};
    BatchAttempt never_run{unsaved.members, nullptr};
    primary.stop(SIGQUIT);
    standby.run("SELECT pg_promote()");

    Connector to_standby{standby.connection(), "portrait"};
    const auto after = connect(to_standby);
    CHECK(after->epoch != before->epoch);
    for (int asked = 0; asked < 2; ++asked) {
        CHECK(committed.is_committed(*after, OneSave::soon()) == true);
        CHECK(never_run.is_committed(*after, OneSave::soon()) == false);
    }
}

} // namespace postgres_fence_test
