#include "nodes.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

// Faults of servers and of their PostgreSQL. PORTRAIT_POSTGRES_KILLS sets the number of kills.
namespace fault_test {

using namespace portrait::testing;        // NOLINT(google-build-using-namespace)
using namespace portrait::testing::nodes; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;     // NOLINT(google-build-using-namespace)

namespace {

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

unsigned status_of(std::uint16_t port, const char* path) {
    return fetch(port, "GET", path).status;
}

/// One line on standard error that has the text.
void check_refusal(const ServerEnd& end, int exit_code, std::string_view text) {
    INFO(end.err);
    CHECK(end.exit_code == exit_code);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    CHECK(holds(end.err, text));
    CHECK(end.out.empty());
}

} // namespace

TEST_CASE("servers that are killed under load lose nothing acknowledged", "[e2e][postgres][crash]") {
    const char* const text = std::getenv("PORTRAIT_POSTGRES_KILLS");
    const auto kills = text != nullptr ? std::strtol(text, nullptr, 10) : 6;
    TwoNodes nodes{new_database(shared_postgres())};
    Load load{nodes, 8};
    for (long count = 0; count < kills; ++count) {
        load.wait_for_writes(40);
        const auto index = static_cast<std::size_t>(count % 2);
        nodes.node(index).kill();
        load.wait_for_writes(10); // the other one goes on
        nodes.start(index);
    }
    load.wait_for_writes(40);
    load.stop();
    CHECK(load.unexpected() + load.unknown() == 0);
    for (std::size_t index = 0; index < 2; ++index)
        load.check(nodes.port(index));
    const auto check = run(nodes.folder(), nodes.store(), {"check"});
    INFO(check.out << check.err);
    CHECK(check.exit_code == 0);
    WARN(load.acknowledged() << " writes acknowledged, " << kills << " kills");
}

TEST_CASE("SIGTERM under load ends a server with code 0 and loses nothing", "[e2e][postgres][drain]") {
    TwoNodes nodes{new_database(shared_postgres())};
    Load load{nodes, 8};
    for (int round = 0; round < 3; ++round) {
        load.wait_for_writes(40);
        const auto index = static_cast<std::size_t>(round % 2);
        const auto end = nodes.node(index).terminate();
        CHECK(end.exit_code == 0);
        CHECK_FALSE(holds(end.err, "were cut"));
        CHECK(holds(end.err, "closed; "));
        nodes.start(index);
    }
    load.stop();
    CHECK(load.unexpected() + load.unknown() == 0);
    for (std::size_t index = 0; index < 2; ++index)
        load.check(nodes.port(index));
}

TEST_CASE("without the database reads and writes are 503, and all work again when it is back",
          "[e2e][postgres][fault]") {
    PostgresServer server;
    TwoNodes nodes{new_database(server)};
    REQUIRE(put_image(nodes.port(0), 7, picture(7)).status == 200);
    const int signal = GENERATE(SIGINT, SIGQUIT); // an orderly end, and a crash
    server.stop(signal);
    for (std::size_t index = 0; index < 2; ++index) {
        const auto port = nodes.port(index);
        CHECK(becomes_true([&] { return status_of(port, "/readyz") == 503; }, 5s));
        CHECK(status_of(port, "/healthz") == 200);
        const auto read = get_image(port, 7);
        CHECK(read.status == 503);
        CHECK_FALSE(read.field("Retry-After").empty());
        const auto written = put_image(port, 7, picture(8));
        CHECK(written.status == 503);
        CHECK_FALSE(written.field("Retry-After").empty());
        CHECK(fetch(port, "GET", "/api/v1/Person/7/ImageInfo", as_demo_user()).status == 503);
        CHECK(fetch(port, "GET", "/api/v1/Person/8/Image", as_demo_user()).status == 503);
        nodes.node(index).wait_for_err("the database can't be reached");
    }
    server.start();
    // Promised: within a second.
    for (std::size_t index = 0; index < 2; ++index)
        CHECK(becomes_true([&] { return put_image(nodes.port(index), 8, picture(8)).status == 200; }, 5s));
    for (std::size_t index = 0; index < 2; ++index) {
        CHECK(becomes_true([&] { return status_of(nodes.port(index), "/readyz") == 200; }, 5s));
        RawResponse read;
        CHECK(becomes_true([&] { return (read = get_image(nodes.port(index), 7)).status == 200; }, 5s));
        CHECK(read.body == picture(7));
        nodes.node(index).wait_for_err("the database is back");
        CHECK(nodes.node(index).terminate().exit_code == 0);
    }
}

TEST_CASE("a server ends with code 0 while the database is away", "[e2e][postgres][drain]") {
    PostgresServer server;
    TwoNodes nodes{new_database(server)};
    Load load{nodes, 4};
    load.wait_for_writes(20);
    server.stop(SIGQUIT);
    for (std::size_t index = 0; index < 2; ++index) {
        const auto end = nodes.node(index).terminate();
        CHECK(end.exit_code == 0);
        CHECK(holds(end.err, "closed; "));
    }
    load.stop();
    CHECK(load.unexpected() == 0);
    server.start();
    nodes.start(0);
    load.check(nodes.port(0));
}

TEST_CASE("a server that can't use its database ends with one sentence", "[e2e][postgres][start-up]") {
    PostgresServer server;
    const TemporaryFolder folder;
    const auto socket = "host=" + server.folder().string();
    SECTION("wrong password") {
        server.run("CREATE ROLE anna LOGIN PASSWORD 'right'");
        server.run("CREATE DATABASE annas OWNER anna");
        const auto rules = server.folder() / "data" / "pg_hba.conf";
        std::ofstream{rules} << "local all anna scram-sha-256\nlocal all all trust\n";
        server.stop(SIGINT);
        server.start();
        auto start = launch(folder, socket + " user=anna dbname=annas");
        check_refusal(run_server(start), 75, "no password supplied");
        start.environment = {{"PGPASSWORD", "wrong"}};
        check_refusal(run_server(start), 75, "password authentication failed for user \"anna\"");
        start.environment = {{"PGPASSWORD", "right"}};
        ServerProcess good{start};
        CHECK(put_image(good.port(), 7, picture(7)).status == 200);
    }
    SECTION("no database") {
        check_refusal(run_server(launch(folder, socket + " user=postgres dbname=missing")), 75,
                      "database \"missing\" does not exist");
    }
    SECTION("no server") {
        server.stop(SIGINT);
        check_refusal(run_server(launch(folder, socket + " user=postgres dbname=postgres")), 75,
                      "Is the server running");
        check_refusal(run_server({.folder = folder.path(),
                                  .arguments = {"check", "--store", socket + " user=postgres"}}),
                      75, "Is the server running");
    }
    SECTION("a standby") {
        const auto store = new_database(server);
        server.stop(SIGINT);
        std::ofstream{server.folder() / "data" / "standby.signal"}.flush();
        server.start();
        check_refusal(run_server(launch(folder, store)), 75, "session is read-only");
    }
    SECTION("a setting that endangers writes") {
        const auto store = new_database(server);
        server.run("ALTER DATABASE " + store.substr(store.rfind('=') + 1) + " SET synchronous_commit = off");
        check_refusal(run_server(launch(folder, store)), 2, "synchronous_commit is off");
    }
    CHECK_FALSE(std::filesystem::exists(folder / "portrait-data"));
}

} // namespace fault_test
