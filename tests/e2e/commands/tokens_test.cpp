#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace tokens_test {

using namespace portrait::testing;

namespace {

const std::string image_path = "/api/v1/Person/7/Image";

ServerEnd tokens(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tokens");
    return run_server({.folder = folder.path(), .arguments = std::move(arguments)});
}

/// Returns the token that `tokens add` has printed, the only line of its output.
std::string add(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "add");
    const auto end = tokens(folder, std::move(arguments));
    REQUIRE(end.exit_code == 0);
    REQUIRE(end.out.ends_with('\n'));
    return end.out.substr(0, end.out.size() - 1);
}

/// Returns the id of a token by its name, from `tokens list`.
std::string id_of(const TemporaryFolder& folder, const std::string& name) {
    const auto list = tokens(folder, {"list"}).out;
    const auto end = list.find(" " + name + "\n");
    REQUIRE(end != std::string::npos);
    const auto begin = list.rfind('\n', end) + 1;
    return list.substr(begin, list.find(' ', begin) - begin);
}

unsigned put(std::uint16_t port, const std::string& authorization) {
    const auto bytes = make_png(3, 2);
    return fetch(port, "PUT", image_path, {{"Authorization", authorization}, {"Content-Type", "image/png"}},
                 {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
        .status;
}

unsigned get(std::uint16_t port, const std::string& authorization) {
    return fetch(port, "GET", image_path + "Info", {{"Authorization", authorization}}).status;
}

/// Repeats a request until the answer has the status; the server reloads its token file by itself.
bool gets_status(unsigned status, std::uint16_t port, const std::string& authorization) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (std::chrono::steady_clock::now() < limit) {
        if (get(port, authorization) == status)
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return false;
}

} // namespace

TEST_CASE("tokens are made, used, listed and revoked, also while the server runs", "[e2e][tokens]") {
    const TemporaryFolder folder;
    const auto bearer = add(folder, {"crm-sync"});
    const auto ticket =
        add(folder, {"anna", "--scheme", "soticket", "--full-name", "Anna Berg", "--expires", "2d"});
    const auto reader = add(folder, {"reader", "--read-only"});
    CHECK(bearer.starts_with("8A:"));
    CHECK(ticket.starts_with("7T:"));
    CHECK(bearer.size() == 46);
    CHECK(mode_of(folder / "portrait-data" / "tokens") == 0600);
    {
        std::ifstream file{folder / "portrait-data" / "tokens"};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        for (const auto& token : {bearer, ticket, reader})
            CHECK(text.find(token.substr(3)) == std::string::npos);
    }

    // No user has a password: the server starts with tokens only.
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({"--allow-any-person"})}};
    const auto port = server.port();
    CHECK(put(port, "Bearer " + bearer) == 200);
    CHECK(put(port, "SoTicket " + ticket) == 200);
    CHECK(put(port, "SoTicket " + bearer) == 401);
    CHECK(put(port, "Bearer " + reader) == 403);
    CHECK(get(port, "Bearer " + reader) == 200);
    CHECK(get(port, "Basic dGplMDpUamUw") == 401);
    const auto info = boost::json::parse(
        fetch(port, "GET", image_path + "Info", {{"Authorization", "SoTicket " + ticket}}).body);
    CHECK(info.at("CreatedBy").at("Name") == "crm-sync");
    CHECK(info.at("CreatedBy").at("AssociateId") == 1);
    CHECK(info.at("UpdatedBy").at("FullName") == "Anna Berg");
    CHECK(info.at("UpdatedBy").at("AssociateId") == 2);

    const auto revoked = tokens(folder, {"revoke", id_of(folder, "crm-sync")});
    CHECK(revoked.exit_code == 0);
    CHECK(gets_status(401, port, "Bearer " + bearer));
    CHECK(get(port, "Bearer " + reader) == 200);
    const auto late = add(folder, {"late"});
    CHECK(gets_status(200, port, "Bearer " + late));

    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    for (const auto& token : {bearer, ticket, reader, late})
        CHECK(end.err.find(token.substr(3)) == std::string::npos);
}

TEST_CASE("a token file that becomes malformed is logged, and tokens stay valid", "[e2e][tokens]") {
    const TemporaryFolder folder;
    const auto token = add(folder, {"program"});
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(get(server.port(), "Bearer " + token) == 200);
    std::ofstream{folder / "portrait-data" / "tokens", std::ios::app} << "rubbish\n";
    server.wait_for_err("Line 2 of the token file");
    CHECK(get(server.port(), "Bearer " + token) == 200);
    CHECK(server.terminate().exit_code == 0);
    const auto refused = run_server({.folder = folder.path(), .arguments = server_arguments()});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("Line 2 of the token file") != std::string::npos);
}

TEST_CASE("misuses of the tokens command get one line and code 2", "[e2e][tokens]") {
    const TemporaryFolder folder;
    struct Misuse {
        std::vector<std::string> arguments;
        std::string says;
    };
    const auto misuse =
        GENERATE(Misuse{{}, "subcommand"}, Misuse{{"add"}, "name"}, Misuse{{"add", "a:b"}, "colons"},
                 Misuse{{"add", "a", "--scheme", "basic"}, "bearer"},
                 Misuse{{"add", "a", "--expires", "soon"}, "2027-01-31"},
                 Misuse{{"add", "a", "--expires", "2020-01-01"}, "past"},
                 Misuse{{"add", "a", "--expires", "0d"}, "90d"},
                 Misuse{{"add", "a", "--associate-id", "-1"}, "associate-id"}, Misuse{{"revoke"}, "id"},
                 Misuse{{"revoke", "12345678"}, "12345678"});
    CAPTURE(misuse.arguments);
    const auto end = tokens(folder, misuse.arguments);
    CHECK(end.exit_code == 2);
    CHECK(end.out.empty());
    CHECK(end.err.find(misuse.says) != std::string::npos);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
}

TEST_CASE("an option sets the token file", "[e2e][tokens]") {
    const TemporaryFolder folder;
    const auto end = tokens(folder, {"add", "program", "--tokens", "elsewhere", "--expires", "never"});
    CHECK(end.exit_code == 0);
    CHECK(std::filesystem::exists(folder / "elsewhere"));
    CHECK_FALSE(std::filesystem::exists(folder / "portrait-data"));
    CHECK(tokens(folder, {"list", "--tokens", "elsewhere"}).out.find(" program\n") != std::string::npos);
    CHECK(tokens(folder, {"list"}).out.find("program") == std::string::npos);
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--tokens", "elsewhere"})}};
    CHECK(get(server.port(), "Bearer " + end.out.substr(0, end.out.size() - 1)) == 200);
}

} // namespace tokens_test
