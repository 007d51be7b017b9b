#include "commands_fixture.hpp"
#include "e2e/demo_user.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

#ifdef PORTRAIT_TEST_POSTGRES
#include "postgres/postgres_server.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include <libpq-fe.h>
#endif

// `portrait-server migrate`.
namespace migrate_test {

using namespace portrait::testing;           // NOLINT(google-build-using-namespace)
using namespace portrait::testing::commands; // NOLINT(google-build-using-namespace)

namespace {

std::vector<std::string> migrate_arguments(const std::string& folder, const std::string& to) {
    return {"migrate", "--from", folder, "--to", to};
}

#ifdef PORTRAIT_TEST_POSTGRES

/// Serves a folder once, and gives persons pictures.
void fill(const TemporaryFolder& folder, const char* data, int persons) {
    ServerProcess server{serve(folder, data)};
    for (int person = 1; person <= persons; ++person)
        REQUIRE(put_image(server.port(), person, picture(static_cast<std::uint32_t>(person))).status == 200);
    REQUIRE(server.terminate().exit_code == 0);
}

#endif

} // namespace

#ifdef PORTRAIT_TEST_POSTGRES

TEST_CASE("a data folder is moved into PostgreSQL, and closed for good", "[e2e][migrate]") {
    const PostgresServer database;
    const TemporaryFolder folder;
    fill(folder, "portrait-data", 5);
    REQUIRE(run_server({.folder = folder.path(),
                        .arguments = {"users", "add", "anna", "--data", "portrait-data"},
                        .input = "A password of anna\n"})
                .exit_code == 0);
    const auto arguments = migrate_arguments("portrait-data", database.connection());
    {
        ServerProcess server{serve(folder)};
        (void)server.port();
        const auto busy = run(folder, arguments);
        CHECK(busy.exit_code == 75);
        CHECK_THAT(busy.err, Catch::Contains("is in use by another portrait-server"));
    }
    const auto moved = run(folder, arguments);
    INFO(moved.out + moved.err);
    REQUIRE(moved.exit_code == 0);
    CHECK_THAT(moved.out, Catch::Contains("5 pictures"));
    CHECK_THAT(moved.out, Catch::Contains("1000 persons"));
    CHECK_THAT(moved.out, Catch::Contains("closed for good"));
    CHECK(database.run("SELECT count(*) FROM portrait.content") == "5");
    CHECK_THAT(database.run("SELECT text FROM portrait.account_text WHERE name = 'users'"),
               Catch::Contains("anna:"));
    CHECK(database.run("SELECT length(text) FROM portrait.account_text WHERE name = 'sign_in_key'") != "");

    const auto again = run(folder, arguments);
    CHECK(again.exit_code == 0);
    CHECK_THAT(again.out, Catch::Contains("is migrated already: its pictures are in postgresql://"));

    const std::vector<std::vector<std::string>> refused{{"--listen", "127.0.0.1:0", "--demo"},
                                                        {"check"},
                                                        {"backup", "backup"},
                                                        {"export", "export"},
                                                        {"users", "add", "kari"},
                                                        {"tokens", "add", "sync"},
                                                        {"persons", "add", "7", "Kari"},
                                                        {"config", "check", "--demo"}};
    for (auto command : refused) {
        command.insert(command.end(), {"--data", "portrait-data"});
        const auto end =
            run_server({.folder = folder.path(), .arguments = command, .input = "A password of kari\n"});
        CAPTURE(command, end.out);
        CHECK(end.exit_code == 2);
        CHECK_THAT(end.err, Catch::Contains("is closed for good: its pictures were moved (postgresql://"));
    }
    // Another store isn't the one that has them.
    database.run("CREATE DATABASE other");
    const auto other =
        run(folder, migrate_arguments("portrait-data", database.connection() + " dbname=other"));
    CHECK(other.exit_code == 2);
    CHECK_THAT(other.err, Catch::Contains("its pictures were moved (postgresql://"));
}

TEST_CASE("a migration is refused by one sentence", "[e2e][migrate]") {
    const PostgresServer database;
    const TemporaryFolder folder;
    const auto missing = run(folder, migrate_arguments("none", database.connection()));
    CHECK(missing.exit_code == 2);
    CHECK_THAT(missing.err, Catch::Contains("holds something that is not a portrait database"));
    CHECK_FALSE(std::filesystem::exists(folder / "none"));
    fill(folder, "first", 1);
    fill(folder, "second", 1);
    const auto unreachable = run(folder, migrate_arguments("first", "host=/nowhere dbname=none"));
    CHECK(unreachable.exit_code == 75);
    CHECK_THAT(unreachable.err, Catch::Contains("The store of --to can't be used"));
    REQUIRE(run(folder, migrate_arguments("first", database.connection())).exit_code == 0);
    const auto second = run(folder, migrate_arguments("second", database.connection()));
    CHECK(second.exit_code == 2);
    CHECK_THAT(second.err, Catch::Contains("nothing is overwritten"));
    CHECK(run(folder, {"check", "--data", "second"}).exit_code == 0);
}

TEST_CASE("SIGINT stops a migration, which the same command continues", "[e2e][migrate]") {
    const PostgresServer database;
    const TemporaryFolder folder;
    // An empty folder leaves an empty store.
    {
        ServerProcess server{launch(folder, {"--listen", "127.0.0.1:0", "--data", "empty", "--demo"})};
        (void)server.port();
        REQUIRE(server.terminate().exit_code == 0);
    }
    REQUIRE(run(folder, migrate_arguments("empty", database.connection())).exit_code == 0);
    database.run("TRUNCATE portrait.person");
    fill(folder, "portrait-data", 5);
    {
        // The copy waits for this lock.
        const std::unique_ptr<PGconn, decltype(&PQfinish)> holder{PQconnectdb(database.connection().c_str()),
                                                                  &PQfinish};
        const auto execute = [&](const char* sql) { PQclear(PQexec(holder.get(), sql)); };
        execute("BEGIN");
        execute("LOCK TABLE portrait.content IN SHARE MODE");
        ServerProcess migration{launch(folder, migrate_arguments("portrait-data", database.connection()))};
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
        while (database.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "0" &&
               std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        migration.send_signal(SIGINT);
        execute("ROLLBACK");
        const auto stopped = migration.wait();
        CHECK(stopped.exit_code == 1);
        CHECK_THAT(stopped.err, Catch::Contains("stopped; run the same command again to continue it"));
    }
    CHECK(run(folder, {"check", "--data", "portrait-data"}).exit_code == 0);
    const auto continued = run(folder, migrate_arguments("portrait-data", database.connection()));
    INFO(continued.out + continued.err);
    CHECK(continued.exit_code == 0);
    CHECK(database.run("SELECT count(*) FROM portrait.content") == "5");
}

#else

TEST_CASE("a server without PostgreSQL refuses to migrate", "[e2e][migrate]") {
    const TemporaryFolder folder;
    const auto refused = run(folder, migrate_arguments("none", "service=portrait"));
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Catch::Contains("was built without PostgreSQL"));
}

#endif

} // namespace migrate_test
