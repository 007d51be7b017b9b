#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/version.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace start_up_test {

using namespace portrait::testing;

namespace {

namespace fs = std::filesystem;

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string picture() {
    const auto bytes = make_png();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

RawFields demo_user() {
    return {{"Authorization", basic_authorization("tje0", "Tje0")}};
}

constexpr int passes_by_itself = 75;

/// Checks that the server has ended by itself with one message and no other output.
void check_refused(const ServerEnd& end, std::string_view says, int exit_code = 2) {
    CAPTURE(end.err);
    CHECK(end.exit_code == exit_code);
    CHECK(end.out.empty());
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    CHECK(end.err.starts_with("portrait-server: "));
    CHECK(holds(end.err, says));
}

ServerEnd start_in(const TemporaryFolder& folder) {
    return run_server({.folder = folder.path(), .arguments = server_arguments()});
}

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    REQUIRE(file.good());
}

} // namespace

TEST_CASE("the banner has address, data folder and demo credential, and its commands work",
          "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    server.wait_for_out("/ImageInfo\n");
    const auto url = "http://127.0.0.1:" + std::to_string(port);
    const auto out = server.out();
    CHECK(out.starts_with("portrait " PORTRAIT_VERSION " listening on " + url + "\n"));
    CHECK(holds(out, (folder / "portrait-data").string()));
    CHECK(holds(out, "tje0  password Tje0"));
    CHECK(holds(out, "curl -u tje0:Tje0 -T photo.jpg " + url + "/api/v1/Person/7/Image\n"));
    CHECK(holds(out, "curl -u tje0:Tje0 -o person-7.jpg " + url + "/api/v1/Person/7/Image\n"));
    CHECK(holds(out, "curl -u tje0:Tje0 " + url + "/api/v1/Person/7/ImageInfo\n"));
    CHECK_FALSE(holds(out, "WARNING"));

    const auto put = fetch(port, "PUT", "/api/v1/Person/7/Image", demo_user(), picture());
    CHECK(put.status == 200);
    CHECK(put.reason == "The image blob id");
    const auto got = fetch(port, "GET", "/api/v1/Person/7/Image", demo_user());
    CHECK(got.status == 200);
    CHECK(got.body == picture());
    const auto info = fetch(port, "GET", "/api/v1/Person/7/ImageInfo", demo_user());
    CHECK(holds(info.body, "\"MimeType\":\"image/png\""));
}

TEST_CASE("the option --demo creates persons 1 to 1000 and keeps existing names", "[e2e][start-up]") {
    const TemporaryFolder folder;
    REQUIRE(
        run_server({.folder = folder.path(), .arguments = {"persons", "add", "1001", "Real"}}).exit_code ==
        0);
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto status_of = [&](const std::string& person) {
        return fetch(server.port(), "PUT", "/api/v1/Person/" + person + "/Image", demo_user(), picture())
            .status;
    };
    CHECK(status_of("1") == 200);
    CHECK(status_of("1000") == 200);
    CHECK(status_of("1001") == 200);
    CHECK(status_of("1002") == 400);
}

TEST_CASE("banner and log have a warning of a demo user beyond loopback", "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = {"--demo", "--listen", "0.0.0.0:0"}}};
    const auto port = server.port();
    server.wait_for_out("WARNING: the demo user's password is public");
    server.wait_for_err("the demo user's password is public");
    CHECK(server.out().starts_with("portrait " PORTRAIT_VERSION " listening on http://0.0.0.0:" +
                                   std::to_string(port)));
    server.wait_for_out("http://127.0.0.1:" + std::to_string(port) + "/api/v1/Person/7/ImageInfo");
    CHECK(fetch(port, "GET", "/healthz").status == 200);
}

TEST_CASE("the server listens on IPv6", "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = {"--demo", "--listen", "[::1]:0"}}};
    std::uint16_t port = 0;
    try {
        port = server.port();
    } catch (const std::runtime_error&) {
        const auto err = server.wait().err;
        INFO(err);
        REQUIRE(holds(err, "Can't listen on [::1]:0: ")); // a machine without IPv6
        return;
    }
    CHECK(holds(server.out(), "listening on http://[::1]:"));
    RawConnection connection{port, "::1"};
    connection.send(request_text("GET", "/healthz"));
    CHECK(connection.read_response().status == 200);
}

TEST_CASE("pictures survive a kill -9 and another start", "[e2e][start-up]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        REQUIRE(fetch(server.port(), "PUT", "/api/v1/Person/7/Image", demo_user(), picture()).status == 200);
        server.kill();
        CHECK(server.wait().signal == SIGKILL);
    }
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(fetch(server.port(), "GET", "/api/v1/Person/7/Image", demo_user()).body == picture());
}

TEST_CASE("only the owner has rights to files and folders of the server", "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    REQUIRE(fetch(server.port(), "PUT", "/api/v1/Person/7/Image", demo_user(), picture()).status == 200);
    CHECK(mode_of(folder / "portrait-data") == 0700);
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator{folder / "portrait-data"}) {
        CAPTURE(entry.path());
        CHECK(mode_of(entry.path()) == (entry.is_directory() ? 0700 : 0600));
        ++files;
    }
    CHECK(files >= 3);
}

TEST_CASE("the error without users and without --demo has the remedies", "[e2e][start-up]") {
    const TemporaryFolder folder;
    const auto end = run_server({.folder = folder.path(), .arguments = server_arguments({})});
    check_refused(end, "portrait-server users add NAME");
    CHECK(holds(end.err, "--demo"));
    CHECK(holds(end.err, "--users"));
    CHECK_FALSE(fs::exists(folder / "portrait-data"));
}

TEST_CASE("the error for an unusable users file contains its name", "[e2e][start-up]") {
    const TemporaryFolder folder;
    const auto start_with_users = [&] {
        return run_server({.folder = folder.path(), .arguments = server_arguments({"--users", "my-users"})});
    };
    SECTION("missing") {
        check_refused(start_with_users(), "my-users");
    }
    SECTION("a weak hash: the error has the line's number and nothing of its text") {
        write_file(folder / "my-users", "# people\nanna:plain-secret\n");
        fs::permissions(folder / "my-users", fs::perms{0600});
        const auto end = start_with_users();
        check_refused(end, "my-users");
        CHECK(holds(end.err, "Line 2"));
        CHECK_FALSE(holds(end.err, "plain-secret"));
    }
    SECTION("without users") {
        write_file(folder / "my-users", "# people\n");
        fs::permissions(folder / "my-users", fs::perms{0600});
        check_refused(start_with_users(), "my-users has no users");
    }
    SECTION("a folder") {
        fs::create_directory(folder / "my-users");
        check_refused(start_with_users(), "my-users");
    }
}

TEST_CASE("a data folder without write permission is refused", "[e2e][start-up]") {
    const TemporaryFolder folder;
    const auto start = [&] {
        return run_server({.folder = folder.path(), .arguments = server_arguments(), .writes_by_mode = true});
    };
    SECTION("the parent is read-only") {
        fs::permissions(folder.path(), fs::perms{0555});
        check_refused(start(), "The data folder portrait-data can't be written");
        fs::permissions(folder.path(), fs::perms{0755});
    }
    SECTION("the folder is read-only") {
        fs::create_directory(folder / "portrait-data");
        fs::permissions(folder / "portrait-data", fs::perms{0555});
        check_refused(start(), "The data folder portrait-data can't be written");
        CHECK(fs::is_empty(folder / "portrait-data"));
        fs::permissions(folder / "portrait-data", fs::perms{0755});
    }
}

TEST_CASE("a data folder whose parent is missing is refused", "[e2e][start-up]") {
    const TemporaryFolder folder;
    const auto end = run_server(
        {.folder = folder.path(), .arguments = {"--demo", "--data", "no/where", "--listen", "127.0.0.1:0"}});
    check_refused(end, "The data folder no/where can't be created: its parent folder does not exist");
    CHECK_FALSE(fs::exists(folder / "no"));
}

TEST_CASE("a data folder with other files is refused and not changed", "[e2e][start-up]") {
    const TemporaryFolder folder;
    SECTION("portrait.db is not a database") {
        const std::string garbage(5000, 'g');
        fs::create_directory(folder / "portrait-data");
        write_file(folder.path() / "portrait-data" / "portrait.db", garbage);
        check_refused(start_in(folder), "not a portrait database");
        std::ifstream file{folder.path() / "portrait-data" / "portrait.db", std::ios::binary};
        CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == garbage);
    }
    SECTION("the folder is a file") {
        write_file(folder / "portrait-data", "text");
        check_refused(start_in(folder), "portrait-data");
    }
}

TEST_CASE("a second server refuses the data folder of a running one", "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess first{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = first.port();
    const auto end = start_in(folder);
    check_refused(end, "in use by another portrait-server", passes_by_itself);
    CHECK(holds(end.err, std::to_string(first.id())));
    CHECK(fetch(port, "PUT", "/api/v1/Person/7/Image", demo_user(), picture()).status == 200);

    REQUIRE(first.terminate().exit_code == 0);
    ServerProcess next{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(fetch(next.port(), "GET", "/api/v1/Person/7/Image", demo_user()).status == 200);
}

TEST_CASE("the error for a port in use contains the port", "[e2e][start-up]") {
    const TemporaryFolder folder;
    ServerProcess first{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto address = "127.0.0.1:" + std::to_string(first.port());
    const auto end = run_server(
        {.folder = folder.path(), .arguments = {"--demo", "--data", "other", "--listen", address}});
    check_refused(end, address, passes_by_itself);
    CHECK(holds(end.err, "in use"));
}

TEST_CASE("a client can't forge lines of the log", "[e2e][start-up][log]") {
    const TemporaryFolder folder;
    const bool json = GENERATE(false, true);
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments(json ? std::vector<std::string>{"--demo", "--log-json"}
                                            : std::vector<std::string>{"--demo"})}};
    const auto port = server.port();
    fetch(port, "GET", "/%0d%0aforged\x1b[31m/\xff\"\\", demo_user());
    fetch(port, "GET", "/last");
    server.wait_for_err("/last");
    const auto end = server.terminate();
    CHECK_FALSE(holds(end.err, "\x1b"));
    CHECK_FALSE(holds(end.err, "\xff"));
    CHECK_FALSE(holds(end.err, "\r"));
    CHECK_FALSE(holds(end.err, "\nforged"));
    CHECK_FALSE(holds(end.err, "Tje0"));
}

TEST_CASE("a data folder, tokens and application tokens that others can change are refused",
          "[e2e][start-up]") {
    const TemporaryFolder folder;
    const auto refused = [&](const std::vector<std::string>& more, const char* message) {
        const auto end = run_server({.folder = folder.path(), .arguments = server_arguments(more)});
        CAPTURE(end.err);
        CHECK(end.exit_code == 2);
        CHECK_THAT(end.err, Catch::Contains(message) && Catch::Contains("chmod"));
    };
    for (const auto* const name : {"tokens", "app-tokens"}) {
        std::ofstream{folder / name} << "# none\n";
        fs::permissions(folder / name, fs::perms{0666});
    }
    refused({"--demo", "--tokens", "tokens"}, "tokens");
    refused({"--demo", "--app-tokens", "app-tokens"}, "app-tokens");
    fs::create_directory(folder / "portrait-data");
    fs::permissions(folder / "portrait-data", fs::perms{0777});
    refused({"--demo"}, "portrait-data");
}

} // namespace start_up_test
