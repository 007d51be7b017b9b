#include "e2e/server_process.hpp"
#include "honest_clients.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <string>
#include <vector>

#include <sys/resource.h>

namespace descriptors_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

// Descriptors for about ten connections more, and 40 that come and send half a head; held: the server neither
// ends nor spins its log, and serves again once they have gone.
TEST_CASE("a server that is out of descriptors goes on when there are some again", "[hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    CHECK(fetch(port, "GET", "/healthz").status == 200);
    const auto few = static_cast<rlim_t>(descriptors_of(server.id()) + 10);
    const rlimit limit{few, few};
    REQUIRE(::prlimit(server.id(), RLIMIT_NOFILE, &limit, nullptr) == 0);
    {
        std::vector<RawConnection> connections;
        for (int count = 0; count < 40; ++count) {
            connections.emplace_back(port);
            connections.back().send("GET /healthz HTTP/1.1\r\n");
        }
        server.wait_for_err("can't be accepted");
    }
    CHECK(fetch(port, "GET", "/healthz").status == 200);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    std::size_t warnings = 0;
    for (auto at = end.err.find("can't be accepted"); at != std::string::npos;
         at = end.err.find("can't be accepted", at + 1)) {
        ++warnings;
    }
    CHECK(warnings < 20);
}

} // namespace descriptors_test
