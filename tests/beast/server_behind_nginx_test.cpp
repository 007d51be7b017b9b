#include "hostile_requests.hpp"
#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace server_behind_nginx_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::request_text;
using portrait::testing::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

/// Returns a port that was free just now.
std::uint16_t free_port() {
    const RunningServer server;
    return server.server->port();
}

/// nginx as a proxy in front of a server, with its default strictness, until this object ends.
class Nginx {
public:
    explicit Nginx(std::uint16_t behind)
        : port_{free_port()} {
        const std::string place = folder_.path().string();
        std::ofstream{folder_.path() / "nginx.conf"}
            << "daemon off; master_process off; pid " << place << "/pid; error_log " << place
            << "/error.log;\nevents { worker_connections 256; }\nhttp {\n"
            << "log_format pair '$request_id $upstream_addr $request_method';\n"
            << "access_log " << place << "/access.log pair;\n"
            << "client_body_temp_path " << place << "/body; proxy_temp_path " << place << "/proxy;\n"
            << "fastcgi_temp_path " << place << "/fastcgi; uwsgi_temp_path " << place << "/uwsgi;\n"
            << "scgi_temp_path " << place << "/scgi;\n"
            << "client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s;\n"
            << "upstream behind { server 127.0.0.1:" << behind << "; keepalive 4; }\n"
            << "server { listen 127.0.0.1:" << port_ << "; location / {\n"
            << "proxy_pass http://behind; proxy_http_version 1.1; proxy_next_upstream off;\n"
            << "proxy_set_header Connection ''; proxy_set_header X-Request-Id $request_id; } } }\n";
        const std::string configuration = place + "/nginx.conf";
        process_ = ::fork();
        if (process_ == 0) {
            const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
            ::dup2(nothing, STDERR_FILENO);
            ::execl(PORTRAIT_NGINX, "nginx", "-p", place.c_str(), "-c", configuration.c_str(), nullptr);
            ::_exit(127);
        }
        if (!eventually([&] { return listens(); }))
            throw std::runtime_error{"nginx doesn't start"};
    }
    Nginx(const Nginx&) = delete;
    Nginx& operator=(const Nginx&) = delete;
    ~Nginx() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }

    std::uint16_t port() const noexcept { return port_; }

    /// The requests that nginx has forwarded, with their ids and methods.
    std::map<std::string, std::string> forwarded() const {
        std::map<std::string, std::string> ids;
        std::ifstream log{folder_.path() / "access.log"};
        for (std::string line; std::getline(log, line);) {
            std::istringstream words{line};
            std::string id;
            std::string upstream; // "-" when it was answered by nginx itself
            std::string method;
            words >> id >> upstream >> method;
            if (upstream != "-")
                CHECK(ids.emplace(id, method).second);
        }
        return ids;
    }

private:
    bool listens() const {
        try {
            const RawConnection connection{port_};
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    TemporaryFolder folder_;
    std::uint16_t port_;
    pid_t process_ = -1;
};

} // namespace

// Sends every hostile request through nginx, followed by an honest one on the same connection. The requests
// in the logs of nginx and of the server have to be equal, one by one, with the same methods.
TEST_CASE("behind nginx no request is duplicated, merged or smuggled", "[server][hostile]") {
    const RunningServer server;
    {
        const Nginx nginx{server.server->port()};
        for (const HostileRequest& request : hostile_requests()) {
            RawConnection connection{nginx.port()};
            connection.try_send(request.text);
            connection.try_send(request_text("GET", "/behind", {{"Connection", "close"}}));
            try {
                connection.read_until_close();
            } catch (
                const std::runtime_error&) { // NOLINT(bugprone-empty-catch): a reset also ends the connection
            }
        }
        // Both sides write their log line some time after the answer.
        std::map<std::string, std::string> forwarded;
        std::vector<LoggedAccess> accesses;
        CHECK(eventually([&] {
            accesses = server.log->accesses();
            forwarded = nginx.forwarded();
            return forwarded.size() == accesses.size() &&
                   std::all_of(accesses.begin(), accesses.end(), [&](const LoggedAccess& access) {
                       return access.method.empty() || forwarded.count(access.request_id) != 0;
                   });
        }));
        CHECK(forwarded.size() > 60);
        std::map<std::string, std::size_t> seen;
        std::size_t unread = 0; // refused before the server read nginx's request id
        for (const LoggedAccess& access : accesses) {
            INFO(access.method << " " << access.path << " " << access.status << " " << access.request_id);
            if (access.method.empty()) {
                CHECK(access.status == 400);
                ++unread;
                continue;
            }
            const auto sent = forwarded.find(access.request_id);
            REQUIRE(sent != forwarded.end());
            CHECK(sent->second == access.method);
            CHECK(++seen[access.request_id] == 1);
        }
        CHECK(seen.size() + unread == forwarded.size());
        CHECK(unread < 5);
    }
    CHECK(server.still_serves());
}

} // namespace server_behind_nginx_test
