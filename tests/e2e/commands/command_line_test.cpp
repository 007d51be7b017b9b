#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/version.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace command_line_test {

using namespace portrait::testing;

namespace {

const auto options = [] {
    std::istringstream names{
        "--listen --data --users --demo --max-body --max-pixels --threads --store-threads --cache-bytes "
        "--log-level --allow-any-person --strict-superoffice --convert-dates --scrub-metadata --log-json "
        "--version --help --bodies-in-flight --answers-in-flight --answers-in-flight-per-client --tokens "
        "--no-basic --no-so-ticket --no-bearer --no-session --session-idle --session-lifetime "
        "--xsrf-safe-methods --cors-origins --app-token --app-tokens --store"};
    return std::vector<std::string>{std::istream_iterator<std::string>{names}, {}};
}();

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string variable_of(const std::string& option) {
    std::string name = "PORTRAIT_";
    for (const char letter : option.substr(2))
        name += letter == '-' ? '_' : static_cast<char>(letter - 'a' + 'A');
    return name;
}

std::ptrdiff_t lines_of(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

std::string picture(std::uint32_t seed = 0) {
    const auto bytes = make_png(3, 2, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned put_status(std::uint16_t port, const std::string& person, const std::string& user,
                    const std::string& password) {
    return fetch(port, "PUT", "/api/v1/Person/" + person + "/Image",
                 {{"Authorization", basic_authorization(user, password)}, {"Content-Type", "image/png"}},
                 picture())
        .status;
}

unsigned get_status(std::uint16_t port, const std::string& person, const std::string& user,
                    const std::string& password) {
    return fetch(port, "GET", "/api/v1/Person/" + person + "/Image",
                 {{"Authorization", basic_authorization(user, password)}})
        .status;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    REQUIRE(file.good());
}

ServerEnd add_user(const TemporaryFolder& folder, const std::string& input,
                   std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"users", "add"});
    return run_server({.folder = folder.path(), .arguments = std::move(arguments), .input = input});
}

ServerEnd import_text(const TemporaryFolder& folder, std::string_view text) {
    write_file(folder / "persons.csv", text);
    return run_server({.folder = folder.path(), .arguments = {"persons", "import", "persons.csv"}});
}

} // namespace

TEST_CASE("the option --help-all has every option with its environment variable, and examples",
          "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto end = run_server({.folder = folder.path(), .arguments = {"--help-all"}});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    for (const auto& option : options) {
        CAPTURE(option);
        CHECK(holds(end.out, option));
        if (option != "--version" && option != "--help")
            CHECK(holds(end.out, variable_of(option)));
    }
    CHECK(holds(end.out, "Examples:"));
    CHECK(holds(end.out, "portrait-server users add anna"));
}

TEST_CASE("the option --help fits on a screen and has the commands and the option --help-all",
          "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto help = run_server({.folder = folder.path(), .arguments = {"--help"}});
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    CHECK(lines_of(help.out) <= 50);
    std::istringstream lines{help.out};
    for (std::string line; std::getline(lines, line);)
        CHECK(line.size() <= 80);
    const auto* const part =
        GENERATE("Usage: portrait-server", "--listen", "--data", "--demo", "--help-all", "users add NAME",
                 "persons import FILE.csv", "backup DIR", "portrait-server users add anna");
    CHECK(holds(help.out, part));
    CHECK_FALSE(holds(help.out, "--hsts"));
}

#ifndef PORTRAIT_TEST_POSTGRES
TEST_CASE("a server that was built without PostgreSQL refuses --store", "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto arguments = GENERATE(std::vector<std::string>{"--demo"}, std::vector<std::string>{"check"},
                                    std::vector<std::string>{"new-epoch"});
    auto with_store = arguments;
    with_store.insert(with_store.end(), {"--store", "postgresql://db.example.com/portrait"});
    const auto end = run_server({.folder = folder.path(), .arguments = with_store});
    CHECK(end.exit_code == 2);
    CHECK(lines_of(end.err) == 1);
    CHECK(holds(end.err, "built without PostgreSQL"));
}
#endif

TEST_CASE("the help of a subcommand has its own examples only", "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto help = run_server({.folder = folder.path(), .arguments = {"users", "add", "--help"}});
    CHECK(help.exit_code == 0);
    CHECK(holds(help.out, "--read-only"));
    CHECK(holds(help.out, "portrait-server users add lars"));
    CHECK_FALSE(holds(help.out, "--demo"));
    CHECK_FALSE(holds(help.out, "tokens"));
}

TEST_CASE("the option --version prints the program and its version", "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto end = run_server({.folder = folder.path(), .arguments = {"--version"}});
    CHECK(end.exit_code == 0);
    CHECK(end.out == "portrait-server " PORTRAIT_VERSION "\n");
}

TEST_CASE("a misuse of the command line gets one line with the accepted values, and code 2",
          "[e2e][command-line]") {
    struct Misuse {
        std::vector<std::string> arguments;
        std::string says;
    };
    const auto misuse = GENERATE(
        Misuse{{"--listen", "8080"}, "127.0.0.1:8080"}, Misuse{{"--listen", "127.0.0.1"}, "127.0.0.1:8080"},
        Misuse{{"--listen", "127.0.0.1:65536"}, "127.0.0.1:8080"},
        Misuse{{"--listen", "::1:8080"}, "[::1]:8080"},
        Misuse{{"--listen", "portrait.example:80"}, "127.0.0.1:8080"},
        Misuse{{"--max-body", "0"}, "1 to 2147483647"}, Misuse{{"--max-body", "2GiB"}, "1 to 2147483647"},
        Misuse{{"--max-body", "ten"}, "10MiB"}, Misuse{{"--max-body", "10 parsecs"}, "10MiB"},
        Misuse{{"--max-pixels", "-1"}, "--max-pixels"}, Misuse{{"--threads", "0"}, "1 to 1024"},
        Misuse{{"--store-threads", "many"}, "--store-threads"}, Misuse{{"--log-level", "loud"}, "warning"},
        Misuse{{"--colour"}, "--colour"}, Misuse{{"serve"}, "serve"}, Misuse{{"persons"}, "subcommand"},
        Misuse{{"persons", "add", "seven", "Ann"}, "1 to 2147483647"},
        Misuse{{"persons", "add", "7"}, "name"}, Misuse{{"persons", "import", "nowhere.csv"}, "nowhere.csv"},
        Misuse{{"users", "add"}, "name"},
        Misuse{{"users", "add", "anna", "--associate-id", "x"}, "associate-id"},
        Misuse{{"users", "add", "anna", "--password", "secret"}, "--password"});
    CAPTURE(misuse.arguments);

    const TemporaryFolder folder;
    const auto end = run_server({.folder = folder.path(), .arguments = misuse.arguments});
    CHECK(end.exit_code == 2);
    CHECK(end.out.empty());
    CHECK(lines_of(end.err) == 1);
    CHECK(holds(end.err, "portrait-server: "));
    CHECK(holds(end.err, misuse.says));
    CHECK_FALSE(std::filesystem::exists(folder / "portrait-data"));
}

TEST_CASE("options come from the environment, and the command line overrides them", "[e2e][command-line]") {
    const TemporaryFolder folder;
    const std::map<std::string, std::string> environment{
        {"PORTRAIT_LISTEN", "127.0.0.1:0"}, {"PORTRAIT_DATA", "from-environment"},
        {"PORTRAIT_DEMO", "true"},          {"PORTRAIT_MAX_BODY", "1KiB"},
        {"PORTRAIT_LOG_JSON", "1"},         {"PORTRAIT_STRICT_SUPEROFFICE", "false"}};

    SECTION("all from the environment") {
        ServerProcess server{{.folder = folder.path(), .environment = environment}};
        CHECK(put_status(server.port(), "7", "tje0", "Tje0") == 200);
        CHECK(std::filesystem::exists(folder / "from-environment"));
        const auto large = make_jpeg_of_size(1025);
        const auto refused = fetch(server.port(), "PUT", "/api/v1/Person/7/Image",
                                   {{"Authorization", basic_authorization("tje0", "Tje0")}},
                                   {reinterpret_cast<const char*>(large.data()), large.size()});
        CHECK(refused.status == 413);
        CHECK(holds(refused.body, "1024"));
        server.wait_for_err("\"status\":413");
        CHECK(server.terminate().err.starts_with("{\"time\":"));
    }
    SECTION("a folder of the command line") {
        ServerProcess server{
            {.folder = folder.path(), .arguments = {"--data", "from-arguments"}, .environment = environment}};
        server.port();
        CHECK(std::filesystem::exists(folder / "from-arguments"));
        CHECK_FALSE(std::filesystem::exists(folder / "from-environment"));
    }
    SECTION("a wrong value is refused as on the command line") {
        const auto end = run_server({.folder = folder.path(), .environment = {{"PORTRAIT_LISTEN", "here"}}});
        CHECK(end.exit_code == 2);
        CHECK(lines_of(end.err) == 1);
        CHECK(holds(end.err, "'here'"));
    }
}

TEST_CASE("the options --max-pixels, --strict-superoffice and --allow-any-person reach the service",
          "[e2e][command-line]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--max-pixels", "5",
                                                         "--strict-superoffice", "--allow-any-person"})}};
    const auto refused = fetch(server.port(), "PUT", "/api/v1/Person/7/Image",
                               {{"Authorization", basic_authorization("tje0", "Tje0")}}, picture());
    CHECK(refused.status == 400);
    CHECK(holds(refused.body, "image.too_many_pixels"));
    const auto small = make_png(2, 2);
    CHECK(fetch(server.port(), "PUT", "/api/v1/Person/2000000000/Image",
                {{"Authorization", basic_authorization("tje0", "Tje0")}},
                {reinterpret_cast<const char*>(small.data()), small.size()})
              .status == 200);
}

TEST_CASE("the option --scrub-metadata stores pictures without their metadata", "[e2e][command-line]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--scrub-metadata"})}};
    const auto with_comment = make_jpeg(8, 8, 0x73656372);
    CHECK(fetch(server.port(), "PUT", "/api/v1/Person/7/Image",
                {{"Authorization", basic_authorization("tje0", "Tje0")}},
                {reinterpret_cast<const char*>(with_comment.data()), with_comment.size()})
              .status == 200);
    const auto stored = fetch(server.port(), "GET", "/api/v1/Person/7/Image",
                              {{"Authorization", basic_authorization("tje0", "Tje0")}});
    CHECK(stored.status == 200);
    CHECK(stored.body.size() == with_comment.size() - 8);
    CHECK_FALSE(holds(stored.body, "secr"));
}

TEST_CASE("a server has the users and persons that commands have added", "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto anna =
        add_user(folder, "first secret\n", {"anna", "--full-name", "Anna Example", "--associate-id", "42"});
    CHECK(anna.exit_code == 0);
    CHECK(holds(anna.out, "user anna added"));
    CHECK(holds(anna.out, "associate id 42"));
    CHECK_FALSE(holds(anna.out, "secret"));
    CHECK(mode_of(folder / "portrait-data") == 0700);
    CHECK(mode_of(folder.path() / "portrait-data" / "users.htpasswd") == 0600);
    CHECK(add_user(folder, "looks only\r\n", {"lars", "--read-only"}).exit_code == 0);

    const auto added =
        run_server({.folder = folder.path(), .arguments = {"persons", "add", "7", "Kari Nordmann"}});
    CHECK(added.exit_code == 0);
    CHECK(added.out == "person 7 added\n");

    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({})}};
    CHECK_FALSE(holds(server.out(), "Tje0"));
    CHECK(put_status(server.port(), "7", "anna", "first secret") == 200);
    CHECK(put_status(server.port(), "8", "anna", "first secret") == 400);
    CHECK(put_status(server.port(), "7", "anna", "another") == 401);
    CHECK(put_status(server.port(), "7", "tje0", "Tje0") == 401);
    CHECK(put_status(server.port(), "7", "lars", "looks only") == 403);
    CHECK(get_status(server.port(), "7", "lars", "looks only") == 200);
    const auto info = fetch(server.port(), "GET", "/api/v1/Person/7/ImageInfo",
                            {{"Authorization", basic_authorization("anna", "first secret")}});
    CHECK(holds(info.body, "\"AssociateId\":42"));
    CHECK(holds(info.body, "Anna Example"));
}

TEST_CASE("a user added again has the new password and keeps the rest", "[e2e][command-line]") {
    const TemporaryFolder folder;
    REQUIRE(add_user(folder, "old\n", {"lars", "--read-only"}).exit_code == 0);
    const auto again = add_user(folder, "new\n", {"lars"});
    CHECK(again.exit_code == 0);
    CHECK(holds(again.out, "user lars changed"));

    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({"--demo"})}};
    CHECK(put_status(server.port(), "7", "lars", "old") == 401);
    CHECK(put_status(server.port(), "7", "lars", "new") == 403);
    CHECK(put_status(server.port(), "7", "tje0", "Tje0") == 200);
}

TEST_CASE("a users file with tje0 overrides the demo user", "[e2e][command-line]") {
    const TemporaryFolder folder;
    REQUIRE(add_user(folder, "my own\n", {"tje0", "--users", "mine"}).exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "portrait-data"));
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--users", "mine"})}};
    CHECK(put_status(server.port(), "7", "tje0", "my own") == 200);
    CHECK(put_status(server.port(), "7", "tje0", "Tje0") == 401);
    CHECK_FALSE(holds(server.out(), "Tje0"));
}

TEST_CASE("no user is added without a password or with an invalid name", "[e2e][command-line]") {
    struct Case {
        std::string input;
        std::string name;
    };
    const auto wrong =
        GENERATE(Case{"", "anna"}, Case{"\n", "anna"}, Case{std::string(600, 'x') + "\n", "anna"},
                 Case{"secret\n", "an:na"}, Case{"secret\n", "an\nna"}, Case{"secret\n", "#anna"});
    const TemporaryFolder folder;
    const auto end = add_user(folder, wrong.input, {wrong.name, "--users", "users"});
    CHECK(end.exit_code == 2);
    CHECK(lines_of(end.err) == 1);
    CHECK_FALSE(holds(end.err, "secret"));
    CHECK_FALSE(std::filesystem::exists(folder / "users"));
}

TEST_CASE("persons of a CSV file are imported with header, quotes and line ends of any kind",
          "[e2e][command-line]") {
    const TemporaryFolder folder;
    const auto end = import_text(folder, "\xEF\xBB\xBFid,name\r\n"
                                         "7,\"Nordmann, Kari\"\r\n"
                                         "\r\n"
                                         "8,Ola \xC3\x98ster\n"
                                         "\"9\",\"Said \"\"Hi\"\"\"\n"
                                         "10,");
    CHECK(end.err.empty());
    CHECK(end.exit_code == 0);
    CHECK(end.out == "4 persons of persons.csv added\n");

    REQUIRE(add_user(folder, "secret\n", {"anna"}).exit_code == 0);
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({})}};
    for (const std::string person : {"7", "8", "9", "10"})
        CHECK(put_status(server.port(), person, "anna", "secret") == 200);
    CHECK(put_status(server.port(), "11", "anna", "secret") == 400);
}

TEST_CASE("a CSV file with a faulty line adds no person, and the error has the line", "[e2e][command-line]") {
    struct Fault {
        std::string text;
        std::string line;
    };
    const auto fault = GENERATE(
        Fault{"7,Kari\nx8,Ola\n", "line 2"}, Fault{"7,Kari\n8\n", "line 2"},
        Fault{"7,Kari\n8,Ola,1\n", "line 2"}, Fault{"7,Kari\n0,Ola\n", "line 2"},
        Fault{"7,Kari\n2147483648,Ola\n", "line 2"}, Fault{"7,Kari\n\n8,\"Ola\n9,Per\n", "line 3"},
        Fault{"7,Kari\n8,Ola \"the\" Great\n", "line 2"}, Fault{"7,Kari\n8,\"Ola\" the Great\n", "line 2"},
        Fault{"7,Kari\n8,Ola\n7,Kari again\n", "line 3"}, Fault{"7,Kari\n8,\"two\nlines\"\n", "line 2"},
        Fault{"7,Kari\n8,\xD8ster\n", "line 2"}, Fault{"id,name\n7,Kari\nid,name\n", "line 3"},
        Fault{"7;Kari\n", "line 1"});
    CAPTURE(fault.text);

    const TemporaryFolder folder;
    const auto end = import_text(folder, fault.text);
    CHECK(end.exit_code == 2);
    CHECK(lines_of(end.err) == 1);
    CHECK(holds(end.err, fault.line));
    CHECK(holds(end.err, "nobody was added"));

    REQUIRE(add_user(folder, "secret\n", {"anna"}).exit_code == 0);
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({})}};
    CHECK(put_status(server.port(), "7", "anna", "secret") == 400);
}

TEST_CASE("a hundred thousand persons are imported from one file", "[e2e][command-line]") {
    std::string text;
    for (int id = 1; id <= 100'000; ++id)
        text += std::to_string(id) + ",Person " + std::to_string(id) + "\n";
    const TemporaryFolder folder;
    const auto end = import_text(folder, text);
    CHECK(end.exit_code == 0);
    CHECK(end.out == "100000 persons of persons.csv added\n");
}

TEST_CASE("persons can be added to a running server's folder, and are known to the server at once",
          "[e2e][command-line]") {
    const TemporaryFolder folder;
    write_file(folder / "persons.csv", "2000,Late\n");
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    CHECK(put_status(port, "2000", "tje0", "Tje0") == 400);
    SECTION("through its control socket") {
        const auto arguments = GENERATE(std::vector<std::string>{"persons", "add", "2000", "Late"},
                                        std::vector<std::string>{"persons", "import", "persons.csv"});
        const auto end = run_server({.folder = folder.path(), .arguments = arguments});
        CAPTURE(end.err);
        CHECK(end.exit_code == 0);
        CHECK(put_status(port, "2000", "tje0", "Tje0") == 200);
    }
    SECTION("refused without the control socket") {
        std::filesystem::remove(folder / "portrait-data" / "control.sock");
        const auto end =
            run_server({.folder = folder.path(), .arguments = {"persons", "add", "2000", "Late"}});
        CHECK(end.exit_code == 75);
        CHECK(lines_of(end.err) == 1);
        CHECK(holds(end.err, "in use by another"));
        CHECK(holds(end.err, std::to_string(server.id())));
    }
}

} // namespace command_line_test
