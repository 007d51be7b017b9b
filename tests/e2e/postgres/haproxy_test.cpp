#include "nodes.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// haproxy in front of two servers, as the guide configures it.
namespace haproxy_test {

using namespace portrait::testing;        // NOLINT(google-build-using-namespace)
using namespace portrait::testing::nodes; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;     // NOLINT(google-build-using-namespace)

namespace {

/// haproxy on a socket that the test has bound.
class Haproxy {
public:
    Haproxy(const TemporaryFolder& folder, std::uint16_t first, std::uint16_t second) {
        listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
            ::listen(listening_, 64) != 0 ||
            ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
            throw std::runtime_error{"the test can't listen"};
        port_ = ntohs(address.sin_port);
        const auto file = (folder / "haproxy.cfg").string();
        std::ofstream{file} << "defaults\n  mode http\n  timeout connect 2s\n  timeout client 30s\n"
                               "  timeout server 30s\n  retries 3\n  option redispatch\n"
                               "frontend pictures\n  bind fd@"
                            << listening_
                            << "\n  default_backend nodes\n"
                               "backend nodes\n  option httpchk GET /readyz\n"
                               "  default-server check inter 200ms fall 1 rise 1 observe layer4 on-error "
                               "mark-down error-limit 1\n"
                               "  server a 127.0.0.1:"
                            << first << "\n  server b 127.0.0.1:" << second << '\n';
        id_ = ::fork();
        if (id_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::execl(PORTRAIT_HAPROXY, PORTRAIT_HAPROXY, "-db", "-q", "-f", file.c_str(), nullptr);
            ::_exit(127);
        }
    }
    Haproxy(const Haproxy&) = delete;
    Haproxy& operator=(const Haproxy&) = delete;
    ~Haproxy() {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        ::close(listening_);
    }

    std::uint16_t port() const noexcept { return port_; }

private:
    int listening_ = -1;
    std::uint16_t port_ = 0;
    pid_t id_ = -1;
};

} // namespace

TEST_CASE("behind haproxy a server that ends or is killed costs no acknowledged write", "[e2e][postgres]") {
    TwoNodes nodes{new_database(shared_postgres())};
    const Haproxy proxy{nodes.folder(), nodes.port(0), nodes.port(1)};
    REQUIRE(becomes_true([&] { return put_image(proxy.port(), 500, picture(1)).status == 200; }, 10s));
    CHECK(get_image(proxy.port(), 500).body == picture(1));
    Load load{[&proxy](int) { return proxy.port(); }, 8};
    load.wait_for_writes(50);
    SECTION("SIGTERM") {
        CHECK(nodes.node(0).terminate().exit_code == 0);
    }
    SECTION("SIGKILL") {
        nodes.node(0).kill();
    }
    load.wait_for_writes(100); // the other one has all of them
    load.stop();
    CHECK(load.unexpected() + load.unknown() == 0);
    load.check(nodes.port(1));
    load.check(proxy.port());
}

} // namespace haproxy_test
