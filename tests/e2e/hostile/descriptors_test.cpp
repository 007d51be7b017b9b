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

// There are descriptors for about ten more connections, and 40 clients send half a head. The server may
// neither end nor flood its log, and has to answer again after they have disconnected.
TEST_CASE("a server without free descriptors recovers when some are free again", "[hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(),
                          .environment = environment_without_descriptors()}};
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
         at = end.err.find("can't be accepted", at + 1))
        ++warnings;
    CHECK(warnings < 20);
}

} // namespace descriptors_test
