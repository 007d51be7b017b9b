#include "nodes.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <fstream>

// Subcommands on a store in PostgreSQL, beside a server that uses it.
namespace postgres_commands_test {

using namespace portrait::testing;        // NOLINT(google-build-using-namespace)
using namespace portrait::testing::nodes; // NOLINT(google-build-using-namespace)

namespace {

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

ServerEnd good(ServerEnd end) {
    INFO(end.out << end.err);
    REQUIRE(end.exit_code == 0);
    return end;
}

} // namespace

TEST_CASE("persons are added and imported beside a server that uses the store", "[e2e][postgres][commands]") {
    const auto store = new_database(shared_postgres());
    const TemporaryFolder folder;
    ServerProcess server{launch(folder, store)};
    CHECK(put_image(server.port(), 2000, picture(1)).status == 400);
    CHECK(good(run(folder, store, {"persons", "add", "2000", "Kari Nordmann"})).out == "person 2000 added\n");
    CHECK(put_image(server.port(), 2000, picture(1)).status == 200);

    std::ofstream file{folder / "persons.csv"};
    for (int id = 3000; id < 23'000; ++id)
        file << id << ",Person " << id << '\n';
    file.close();
    CHECK(good(run(folder, store, {"persons", "import", "persons.csv"})).out ==
          "20000 persons of persons.csv added\n");
    CHECK(put_image(server.port(), 22'999, picture(1)).status == 200);
    CHECK(
        fetch(server.port(), "GET", "/api/v1/Person/3001/Simple", as_demo_user()).body.find("Person 3001") !=
        std::string::npos);
}

TEST_CASE("an export of one store is imported into another one, and erased persons stay out",
          "[e2e][postgres][commands]") {
    const auto store = new_database(shared_postgres());
    const TemporaryFolder folder;
    ServerProcess server{launch(folder, store)};
    for (int person = 1; person <= 20; ++person)
        REQUIRE(put_image(server.port(), person, picture(static_cast<std::uint32_t>(person))).status == 200);
    CHECK(holds(good(run(folder, store, {"export", "exported"})).out, "20 pictures, 20 of them written now"));
    CHECK(holds(good(run(folder, store, {"export", "exported"})).out, "20 pictures, 0 of them written now"));

    // Parts that PostgreSQL may still have make it 1.
    const auto erased = run(folder, store, {"persons", "erase", "7", "--name"});
    CHECK(erased.exit_code == 1);
    CHECK(holds(erased.out, "\"name\":\"forgotten\",\"proven\":false"));
    CHECK(get_image(server.port(), 7).status == 404);
    CHECK(holds(good(run(folder, store, {"persons", "verify-erased", "7"})).out, "nothing in rows"));
    CHECK(run(folder, store, {"persons", "verify-erased", "8"}).exit_code == 1);
    const auto again = run(folder, store, {"import", "exported"});
    CHECK(again.exit_code == 1);
    CHECK(holds(again.out, "0 pictures added, 19 were there already"));
    CHECK(get_image(server.port(), 7).status == 404);

    SECTION("into another database") {
        const auto other = new_database(shared_postgres());
        CHECK(holds(good(run(folder, other, {"import", "exported"})).out, "20 pictures added"));
        ServerProcess second{launch(folder, other)};
        for (int person = 1; person <= 20; ++person)
            CHECK(get_image(second.port(), person).body == picture(static_cast<std::uint32_t>(person)));
    }
    SECTION("into a data folder") {
        const auto imported = good(
            run_server({.folder = folder.path(), .arguments = {"import", "exported", "--data", "imported"}}));
        CHECK(holds(imported.out, "20 pictures added"));
    }
}

TEST_CASE("check reads every picture and lists damages", "[e2e][postgres][commands]") {
    auto& postgres = shared_postgres();
    const auto store = new_database(postgres);
    const TemporaryFolder folder;
    {
        ServerProcess server{launch(folder, store)};
        for (int person = 1; person <= 3; ++person)
            REQUIRE(put_image(server.port(), person, picture(static_cast<std::uint32_t>(person))).status ==
                    200);
        CHECK(holds(good(run(folder, store, {"check"})).out, "3 pictures, "));
    }
    postgres.run("DELETE FROM portrait.content WHERE content_id = (SELECT content_id FROM portrait.blob "
                 "JOIN portrait.person_slot USING (blob_id) WHERE person_id = 2)",
                 store.substr(store.rfind('=') + 1));
    const auto bad = run(folder, store, {"check"});
    CHECK(bad.exit_code == 1);
    CHECK(holds(bad.out, "of person 2: a blob's bytes are missing"));
    CHECK(holds(bad.out, "2 pictures, "));
}

TEST_CASE("a new epoch invalidates the tags of running servers", "[e2e][postgres][commands]") {
    const auto store = new_database(shared_postgres());
    const TemporaryFolder folder;
    ServerProcess server{launch(folder, store)};
    const auto tag = put_image(server.port(), 7, picture(1)).field("ETag");
    CHECK(holds(good(run(folder, store, {"new-epoch"})).out, "new epoch "));
    CHECK(becomes_true(
        [&] {
            const auto answer =
                fetch(server.port(), "GET", image_path(7), as_demo_user({{"If-None-Match", tag}}));
            return answer.status == 200 && answer.field("ETag") != tag;
        },
        std::chrono::seconds{5}));
}

TEST_CASE("commands of a data folder name what to use instead", "[e2e][postgres][commands]") {
    const TemporaryFolder folder;
    for (const auto* const command : {"backup", "restore"}) {
        const auto end = run(folder, "host=/nowhere", {command, "copy"});
        CHECK(end.exit_code == 2);
        CHECK(holds(end.err, "pg_dump or pg_basebackup"));
        CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    }
    const auto epoch = run_server({.folder = folder.path(), .arguments = {"new-epoch"}});
    CHECK(epoch.exit_code == 2);
    CHECK(holds(epoch.err, "--store"));
}

TEST_CASE("commands that add nothing leave another database alone", "[e2e][postgres][commands]") {
    auto& postgres = shared_postgres();
    const auto store = new_database(postgres);
    const TemporaryFolder folder;
    for (const auto& arguments : {std::vector<std::string>{"check"},
                                  {"export", "exported"},
                                  {"new-epoch"},
                                  {"persons", "erase", "7"}}) {
        const auto end = run(folder, store, arguments);
        INFO(end.err);
        CHECK(end.exit_code == 2);
        CHECK(holds(end.err, "no tables of portrait"));
        CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    }
    CHECK(postgres.run("SELECT count(*) FROM pg_namespace WHERE nspname = 'portrait'",
                       store.substr(store.rfind('=') + 1)) == "0");
}

TEST_CASE("the store can be named by the environment and the config file, and never with a password",
          "[e2e][postgres][commands]") {
    const auto store = new_database(shared_postgres());
    const TemporaryFolder folder;
    const auto added = good(run_server({.folder = folder.path(),
                                        .arguments = {"persons", "add", "7", "Kari"},
                                        .environment = {{"PORTRAIT_STORE", store}}}));
    CHECK(added.out == "person 7 added\n");
    std::ofstream{folder / "portrait.conf"} << "store = \"" << store << "\"\n";
    CHECK(holds(
        good(run_server({.folder = folder.path(), .arguments = {"check", "--config", "portrait.conf"}})).out,
        "0 pictures"));
    CHECK(holds(good(run_server({.folder = folder.path(),
                                 .arguments = {"config", "check", "--demo", "--config", "portrait.conf"}}))
                    .out,
                store));
    const auto url =
        GENERATE("postgresql://portrait:tops3cret@localhost/portrait", "host=/tmp password=tops3cret");
    const auto end = run_server({.folder = folder.path(), .environment = {{"PORTRAIT_STORE", url}}});
    CHECK(end.exit_code == 2);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    CHECK(holds(end.err, "PGPASSWORD"));
    CHECK(holds(end.err, "passfile"));
    CHECK(holds(end.err, "service file"));
    CHECK_FALSE(holds(end.err, "tops3cret"));
}

} // namespace postgres_commands_test
