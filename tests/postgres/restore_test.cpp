#include "support/catch.hpp"

#include "store_fixture.hpp"

#include <portrait/testing/conformance/several_stores.hpp>
#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

// Dumps that are restored.
namespace postgres_restore_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;           // NOLINT(google-build-using-namespace)

/// What clients have of a picture: its epoch and version, and the seed of its bytes.
class Clients {
public:
    /// Saves for a person and keeps the tag. False: other bytes had it.
    bool save(PostgresImageStore& store, std::int32_t person_id, std::uint32_t seed) {
        const auto saved = store.save(save_command(person(person_id), seed));
        INFO((saved ? "" : saved.error().message() + ": " + saved.error().cause()));
        REQUIRE(saved.has_value());
        const auto version = saved->info.version();
        last_id_ = std::max(last_id_, version.blob_id.value());
        return tags_
            .emplace(std::tuple{version.epoch, version.blob_id.value(), version.blob_version,
                                version.link_version},
                     std::pair{person_id, seed})
            .second;
    }
    std::int32_t last_id() const { return last_id_; }

private:
    std::map<std::tuple<std::string, std::int32_t, std::int64_t, std::int64_t>,
             std::pair<std::int32_t, std::uint32_t>>
        tags_;
    std::int32_t last_id_ = 0;
};

std::string dump_of(const PostgresServer& server) {
    const auto file = (server.folder() / "portrait.dump").string();
    server.run_program("pg_dump", {"--format=custom", "--schema=portrait", "--file=" + file, "postgres"});
    return file;
}

TEST_CASE("a dump that is restored into another database gives no tag and no id again", "[postgres][fault]") {
    const PostgresServer server;
    const auto store = open_store_at(server.connection());
    const auto epoch = store->epoch();
    Clients clients;
    for (std::int32_t id = 1; id <= 5; ++id)
        REQUIRE(clients.save(*store, id, 1));
    const auto dump = dump_of(server);
    // The time that is lost: other pictures, and other persons.
    for (std::int32_t id = 3; id <= 20; ++id)
        REQUIRE(clients.save(*store, id, 2));
    const auto last_id = clients.last_id();

    server.run("CREATE DATABASE restored");
    server.run_program("pg_restore", {"--exit-on-error", "--dbname=restored", dump});
    const auto one = open_store_at(server.connection("restored"));
    const auto other = open_store_at(server.connection("restored"));
    CHECK(one->epoch() != epoch);
    CHECK(other->epoch() == one->epoch());
    CHECK(has_picture(*one, person(5), 1));
    CHECK(one->image(person(6)).error() == errc::image_none);
    for (std::int32_t id = 3; id <= 20; ++id)
        CHECK(clients.save(id % 2 == 0 ? *one : *other, id, 3));
    CHECK(clients.last_id() >= last_id + 900'000);
    // The store that stayed where it was isn't restored.
    CHECK(store->epoch() == epoch);
    CHECK(open_store_at(server.connection())->epoch() == epoch);
}

TEST_CASE("a dump that is restored under running servers gives them another epoch", "[postgres][fault]") {
    const PostgresServer server;
    const auto one = open_store_at(server.connection());
    const auto other = open_store_at(server.connection());
    const auto epoch = one->epoch();
    Clients clients;
    for (std::int32_t id = 1; id <= 5; ++id)
        REQUIRE(clients.save(*one, id, 1));
    const auto kept = one->info(person(1)).value().version();
    const auto dump = dump_of(server);
    for (std::int32_t id = 3; id <= 20; ++id)
        REQUIRE(clients.save(*other, id, 2));
    const auto last_id = clients.last_id();

    server.run_program("pg_restore", {"--clean", "--if-exists", "--single-transaction", "--exit-on-error",
                                      "--dbname=postgres", dump});
    // At once, not only when the servers have looked for it.
    auto command = save_command(person(1), 9);
    command.precondition = if_match(kept);
    CHECK(one->save(command).error() == errc::precondition_failed);
    CHECK(clients.save(*one, 3, 3));
    CHECK(one->epoch() != epoch);
    CHECK(clients.save(*other, 4, 3));
    CHECK(other->epoch() == one->epoch());
    CHECK(has_picture(*one, person(5), 1));
    for (std::int32_t id = 5; id <= 20; ++id)
        CHECK(clients.save(id % 2 == 0 ? *one : *other, id, 3));
    CHECK(clients.last_id() >= last_id + 900'000);
}

TEST_CASE("a server that only reads notices a restoration within a few seconds", "[postgres][fault]") {
    const PostgresServer server;
    const auto store = open_store_at(server.connection());
    const auto epoch = store->epoch();
    REQUIRE(store->save(save_command(person(1), 1)).has_value());
    const auto dump = dump_of(server);
    REQUIRE(store->save(save_command(person(1), 2)).has_value());
    wait_for_upkeep(server, 1);
    server.run_program("pg_restore", {"--clean", "--if-exists", "--single-transaction", "--exit-on-error",
                                      "--dbname=postgres", dump});
    const auto end = std::chrono::steady_clock::now() + 15s; // promised: 3 s
    while (store->epoch() == epoch && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(10ms);
    CHECK(store->epoch() != epoch);
    CHECK(has_picture(*store, person(1), 1));
}

} // namespace postgres_restore_test
