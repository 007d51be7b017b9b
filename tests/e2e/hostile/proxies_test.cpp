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

// Wrong passwords from clients of one proxy, and from an untrusted peer with another forwarded address each
// time. Only the guessing client may be delayed, and forged addresses may not avoid the delay.
TEST_CASE("delays after wrong passwords apply to the client behind a trusted proxy, and to no other",
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
    // Delays double, so that one of them is reached on any machine.
    const auto is_held_back = [&](const char* from, const auto& client_of) {
        for (unsigned count = 0; count < 100; ++count)
            if (guess(from, client_of(std::to_string(count))) == 429)
                return true;
        return false;
    };
    CHECK(is_held_back(proxy, [](const auto&) { return std::string{"192.0.2.1"}; }));
    // A forged address before the proxy's entry has no effect.
    CHECK(is_held_back(proxy, [](const auto& text) { return "203.0.113." + text + ", 192.0.2.1"; }));
    // The addresses of one /64 network are one client, in any notation.
    CHECK(is_held_back(proxy, [](const auto& text) { return "[2001:DB8:0:0::" + text + "]:1"; }));
    // Forwarded addresses of an untrusted peer are ignored.
    CHECK(is_held_back("127.0.0.3", [](const auto& text) { return "198.51.100." + text; }));
    // Each of these is another client, without effect of the others; each stays within its free attempts.
    for (unsigned count = 100; count < 130; ++count) {
        CHECK(guess(proxy, "198.51.100." + std::to_string(count)) == 401);
        CHECK(guess(proxy, "2001:db8:0:" + std::to_string(count) + "::1") == 401);
    }
    CHECK(sign_in(port, proxy, "192.0.2.2", "Tje0") == 200);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    CHECK(end.err.find("192.0.2.2 tje0") != std::string::npos);
}

TEST_CASE("a proxy that is not an address is refused at the start", "[proxy]") {
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
