#include "nodes.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <string>

namespace shared_callers_test {

using namespace portrait::testing;        // NOLINT(google-build-using-namespace)
using namespace portrait::testing::nodes; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;     // NOLINT(google-build-using-namespace)

namespace {

/// A change on one server is known to the others within a second.
constexpr auto promised = 1s;
constexpr auto patience = 5 * promised;

const std::string principal_path = "/api/v1/User/currentPrincipal";

ServerEnd run_with(const TwoNodes& nodes, std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--store", nodes.store()});
    return run_server({.folder = nodes.folder().path(), .arguments = std::move(arguments), .input = input});
}

unsigned status_of(std::uint16_t port, const std::string& authorization) {
    return fetch(port, "GET", principal_path, {{"Authorization", authorization}}).status;
}

/// Whether the server answers with the status before the promise is broken.
template<class Ask>
bool comes_to(unsigned status, const Ask& ask) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (ask() != status)
        if (std::chrono::steady_clock::now() > end)
            return false;
    return true;
}

std::string cookie_of(const RawResponse& response, const std::string& name) {
    for (const auto& [field, value] : response.fields)
        if (field == "Set-Cookie" && value.starts_with(name + "="))
            return value.substr(name.size() + 1, value.find(';') - name.size() - 1);
    return {};
}

} // namespace

TEST_CASE("users and tokens of the database sign in on all servers, and are gone on all",
          "[e2e][postgres][accounts]") {
    TwoNodes nodes{new_database(shared_postgres())};
    const auto here = nodes.port(0);
    const auto there = nodes.port(1);
    CHECK(status_of(here, basic_authorization("anna", "Kari-1")) == 401);

    const auto added = run_with(nodes, {"users", "add", "anna", "--read-only"}, "Kari-1\n");
    INFO(added.out << added.err);
    REQUIRE(added.exit_code == 0);
    const auto token = run_with(nodes, {"tokens", "add", "robot"});
    INFO(token.out << token.err);
    REQUIRE(token.exit_code == 0);
    const auto bearer = "Bearer " + token.out.substr(0, token.out.find('\n'));
    for (const auto port : {here, there}) {
        CHECK(comes_to(200, [&] { return status_of(port, basic_authorization("anna", "Kari-1")); }));
        CHECK(comes_to(200, [&] { return status_of(port, bearer); }));
    }
    // A reader on every server.
    CHECK(fetch(there, "PUT", image_path(7),
                {{"Authorization", basic_authorization("anna", "Kari-1")}, {"Content-Type", "image/jpeg"}},
                picture(1))
              .status == 403);

    REQUIRE(run_with(nodes, {"users", "add", "anna"}, "Kari-2\n").exit_code == 0);
    const auto listed = run_with(nodes, {"tokens", "list"});
    REQUIRE(listed.exit_code == 0);
    const auto line = listed.out.substr(listed.out.find('\n') + 1); // the first one has titles
    const auto id = line.substr(0, line.find(' '));
    INFO(listed.out);
    REQUIRE(run_with(nodes, {"tokens", "revoke", id}).exit_code == 0);
    for (const auto port : {here, there}) {
        CHECK(comes_to(401, [&] { return status_of(port, basic_authorization("anna", "Kari-1")); }));
        CHECK(comes_to(200, [&] { return status_of(port, basic_authorization("anna", "Kari-2")); }));
        CHECK(comes_to(401, [&] { return status_of(port, bearer); }));
    }
}

TEST_CASE("a browser's session begins on one server and ends on all", "[e2e][postgres][session]") {
    TwoNodes nodes{new_database(shared_postgres())};
    const auto here = nodes.port(0);
    const auto there = nodes.port(1);
    const auto signed_in = fetch(here, "POST", "/session",
                                 {{"Content-Type", "application/x-www-form-urlencoded"},
                                  {"Accept", "text/html"},
                                  {"Origin", "http://127.0.0.1:" + std::to_string(here)},
                                  {"Host", "127.0.0.1:" + std::to_string(here)}},
                                 "user=tje0&password=Tje0");
    REQUIRE(signed_in.status == 303);
    const auto xsrf = cookie_of(signed_in, "XSRF-TOKEN");
    const RawFields cookies{
        {"Cookie", "PORTRAIT_SESSION=" + cookie_of(signed_in, "PORTRAIT_SESSION") + "; XSRF-TOKEN=" + xsrf},
        {"X-XSRF-TOKEN", xsrf}};
    const auto status = [&cookies](std::uint16_t port) {
        return fetch(port, "GET", principal_path, cookies).status;
    };
    CHECK(status(here) == 200);
    CHECK(status(there) == 200);
    auto upload = cookies;
    upload.emplace_back("Content-Type", "image/jpeg");
    CHECK(fetch(there, "PUT", image_path(7), upload, picture(1)).status == 200);

    // A server that starts again knows the session.
    nodes.node(1).kill();
    nodes.start(1);
    CHECK(status(nodes.port(1)) == 200);

    CHECK(fetch(here, "DELETE", "/session", cookies).status == 204);
    CHECK(status(here) == 401);
    CHECK(comes_to(401, [&] { return status(nodes.port(1)); }));
}

TEST_CASE("wrong passwords are counted over all servers", "[e2e][postgres][session]") {
    TwoNodes nodes{new_database(shared_postgres())};
    constexpr int limit = 10; // of a name
    int compared = 0;
    bool refused_here = false;
    bool refused_there = false;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!(refused_here && refused_there) && std::chrono::steady_clock::now() < end)
        for (auto* const refused : {&refused_here, &refused_there}) {
            const auto port = nodes.port(refused == &refused_here ? 0 : 1);
            const auto status = status_of(port, basic_authorization("tje0", "wrong"));
            *refused = *refused || status == 429;
            compared += status == 401 ? 1 : 0;
        }
    CHECK(refused_here);
    CHECK(refused_there);
    CHECK(compared <= 2 * limit);
}

} // namespace shared_callers_test
