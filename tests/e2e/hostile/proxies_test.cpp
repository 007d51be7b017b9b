#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace proxies_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

namespace {

constexpr const char* proxy = "127.0.0.2";

unsigned sign_in(std::uint16_t port, const std::string& from, const std::string& client,
                 const std::string& password) {
    RawConnection connection{port, "127.0.0.1", std::chrono::seconds{120}, from};
    connection.send(request_text(
        "GET", "/api/v1",
        {{"Authorization", basic_authorization("tje0", password)}, {"X-Forwarded-For", client}}));
    return connection.read_response().status;
}

} // namespace

// Wrong passwords by clients of one proxy and by a stranger who names another client each time; held: who
// guesses is held back alone, and naming somebody else doesn't help.
TEST_CASE("guessing is held back for the client behind a trusted proxy, and for nobody else",
          "[hostile][proxy]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--trusted-proxy", proxy, "--failures-per-address", "3",
                                        "--failures-per-name", "0"})}};
    const auto port = server.port();
    const auto guess = [&](const std::string& from, const std::string& client) {
        return sign_in(port, from, client, "wrong");
    };
    // Waits double, so that one comes however slow the machine is.
    const auto is_held_back = [&](const char* from, const auto& client_of) {
        for (unsigned count = 0; count < 100; ++count)
            if (guess(from, client_of(std::to_string(count))) == 429)
                return true;
        return false;
    };
    CHECK(is_held_back(proxy, [](const auto&) { return std::string{"192.0.2.1"}; }));
    // A lie in front of what the proxy adds doesn't help.
    CHECK(is_held_back(proxy, [](const auto& text) { return "203.0.113." + text + ", 192.0.2.1"; }));
    // The addresses of one /64 network are one client, however they are written.
    CHECK(is_held_back(proxy, [](const auto& text) { return "[2001:DB8:0:0::" + text + "]:1"; }));
    // What a stranger names is nothing.
    CHECK(is_held_back("127.0.0.3", [](const auto& text) { return "198.51.100." + text; }));
    // Each of these is another client, whatever the others did; so many are no more than one may try.
    for (unsigned count = 100; count < 130; ++count) {
        CHECK(guess(proxy, "198.51.100." + std::to_string(count)) == 401);
        CHECK(guess(proxy, "2001:db8:0:" + std::to_string(count) + "::1") == 401);
    }
    CHECK(sign_in(port, proxy, "192.0.2.2", "Tje0") == 200);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    CHECK(end.err.find("192.0.2.2 tje0") != std::string::npos);
}

TEST_CASE("a proxy that is no address is refused at the start", "[proxy]") {
    const TemporaryFolder folder;
    for (const std::string text : {"proxy.example", "10.0.0.1/8", "10.0.0.0/40", "", "10.0.0.1,10.0.0.2"}) {
        CAPTURE(text);
        const auto end = run_server(
            {.folder = folder.path(), .arguments = server_arguments({"--demo", "--trusted-proxy", text})});
        CHECK(end.exit_code == 2);
        CHECK(end.err.find("--trusted-proxy") != std::string::npos);
    }
    const auto good = run_server({.folder = folder.path(),
                                  .arguments = {"--demo", "--trusted-proxy", "10.0.0.1 fd00::/8",
                                                "--trusted-proxy", "192.168.0.0/16", "config", "check"},
                                  .environment = {{"PORTRAIT_TRUSTED_PROXY", "nonsense"}}});
    CHECK(good.exit_code == 0);
}

} // namespace proxies_test
