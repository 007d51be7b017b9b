#include "server_process.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <string>
#include <vector>

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

// 100 wrong passwords by each of two clients of one proxy, and by a stranger who names another client each
// time; held: who guesses is held back alone, and naming somebody else doesn't help.
TEST_CASE("guessing is held back for the client behind a trusted proxy, and for nobody else",
          "[hostile][proxy]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--trusted-proxy", proxy, "--failures-per-address", "3",
                                        "--failures-per-name", "0"})}};
    const auto port = server.port();
    const auto refused = [&](const char* from, const auto& client_of) {
        unsigned held_back = 0;
        for (unsigned count = 0; count < 100; ++count)
            held_back += sign_in(port, from, client_of(count), "wrong" + std::to_string(count)) == 429;
        return held_back;
    };
    CHECK(refused(proxy, [](unsigned) { return std::string{"192.0.2.1"}; }) > 80);
    CHECK(sign_in(port, proxy, "192.0.2.1", "Tje0") == 429);
    // A lie in front of what the proxy adds doesn't help either.
    CHECK(sign_in(port, proxy, "203.0.113.9, 192.0.2.1", "Tje0") == 429);
    // The addresses of one /64 network are one client, however they are written.
    CHECK(refused(proxy, [](unsigned count) { return "2001:db8::" + std::to_string(count + 1); }) > 80);
    CHECK(sign_in(port, proxy, "[2001:DB8:0:0::ffff]:1", "Tje0") == 429);
    // What a stranger names is nothing.
    CHECK(refused("127.0.0.3", [](unsigned count) { return "198.51.100." + std::to_string(count); }) > 80);
    CHECK(sign_in(port, "127.0.0.3", "203.0.113.1", "Tje0") == 429);
    CHECK(sign_in(port, proxy, "192.0.2.2", "Tje0") == 200);
    CHECK(sign_in(port, proxy, "198.51.100.5", "Tje0") == 200);
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
