#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/places.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace operation_test {

using namespace portrait::testing;
namespace json = boost::json;

namespace {

const std::string picture_path = image_path(7);
const std::string trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string picture(std::uint32_t width) {
    const auto bytes = make_png(width, 2);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned put(std::uint16_t port, std::uint32_t width) {
    return fetch(port, "PUT", picture_path, as_demo_user({{"Content-Type", "image/png"}}), picture(width))
        .status;
}

std::vector<json::object> lines_of(const std::string& text) {
    std::vector<json::object> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);)
        lines.push_back(json::parse(line).as_object());
    return lines;
}

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The notification socket of systemd: a datagram socket whose path is in the service's environment.
class Supervisor {
public:
    explicit Supervisor(const std::string& path, bool is_abstract)
        : name{is_abstract ? "@" + path : path}
        , socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path - 1);
        if (is_abstract)
            address.sun_path[0] = '\0';
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
    }
    ~Supervisor() { ::close(socket_); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Returns the next message; empty if there is none in time.
    std::string receive() const {
        pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, 120'000) != 1)
            return {};
        std::array<char, 1024> text{};
        const auto size = ::recv(socket_, text.data(), text.size(), 0);
        return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

    std::string name;

private:
    int socket_;
};

} // namespace

TEST_CASE("the access log has route, rule, durations and trace, and no query", "[e2e][log]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-json"})}};
    const auto port = server.port();
    (void)fetch(port, "GET", picture_path + "?w=x&secret=hush",
                as_demo_user({{"traceparent", trace_parent}, {"X-Request-Id", "the-request"}}));
    (void)fetch(port, "GET", picture_path, as_demo_user({{"traceparent", "00-forged\tline"}}));
    const auto end = server.terminate();
    CHECK(end.err.find("hush") == std::string::npos);
    CHECK(end.err.find("forged") == std::string::npos);
    bool found = false;
    for (const auto& line : lines_of(end.err))
        if (line.contains("request_id") && line.at("request_id") == "the-request") {
            found = true;
            CHECK(line.at("route") == "/api/v1/Person/{personId}/Image");
            CHECK(line.at("path").as_string() == picture_path);
            CHECK(line.at("status") == 400);
            CHECK(line.at("user") == "tje0");
            CHECK(line.contains("rule"));
            CHECK(line.at("traceparent").as_string() == trace_parent);
            CHECK(line.at("received_us").to_number<std::int64_t>() <=
                  line.at("duration_us").to_number<std::int64_t>());
        }
    CHECK(found);
}

TEST_CASE("each answered request has one whole line in the access log when the server ends", "[e2e][log]") {
    constexpr int callers = 8;
    constexpr int requests = 40; // of each
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-json"})}};
    const auto port = server.port();
    std::vector<std::thread> threads;
    for (int caller = 0; caller < callers; ++caller)
        threads.emplace_back([=] {
            for (int number = 0; number < requests; ++number) {
                const auto id = "request-" + std::to_string(caller) + "-" + std::to_string(number);
                (void)fetch(port, "GET", picture_path, as_demo_user({{"X-Request-Id", id}}));
            }
        });
    for (auto& thread : threads)
        thread.join();
    std::set<std::string> ids;
    for (const auto& line : lines_of(server.terminate().err))
        if (line.contains("request_id"))
            CHECK(ids.emplace(line.at("request_id").as_string()).second);
    CHECK(ids.size() == callers * requests);
}

TEST_CASE("each write has its line in the audit log before it is answered", "[e2e][audit]") {
    const auto* const sync = GENERATE("--audit-sync", "--no-metrics");
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--audit-log", "audit.jsonl", sync})}};
    const auto port = server.port();
    const auto file = folder / "audit.jsonl";
    REQUIRE(put(port, 3) == 200);
    CHECK(lines_of(text_of_file(file)).size() == 2);
    REQUIRE(put(port, 4) == 200);
    CHECK(put(port, 0) == 422);
    CHECK(fetch(port, "GET", picture_path, as_demo_user()).status == 200);
    REQUIRE(fetch(port, "DELETE", picture_path, as_demo_user({{"X-Request-Id", "the-request"}})).status ==
            204);
    server.kill(); // answered writes are in the file

    auto lines = lines_of(text_of_file(file));
    REQUIRE(lines.size() == 6);
    for (std::size_t index = 0; index < lines.size(); index += 2) {
        CHECK(lines[index].at("state") == "prepared");
        CHECK(lines[index + 1].at("state") == "committed");
        CHECK(lines[index + 1].at("id") == lines[index].at("id"));
    }
    std::erase_if(lines, [](const auto& line) { return line.at("state") != "prepared"; });
    for (const auto& line : lines) {
        CHECK(line.at("user") == "tje0");
        CHECK(line.at("person_id") == 7);
        CHECK(line.at("time").as_string().ends_with("Z"));
    }
    CHECK(lines[0].at("action") == "save");
    CHECK(lines[0].at("before").is_null());
    CHECK(lines[1].at("before") == lines[0].at("after"));
    CHECK(lines[1].at("after").at("digest") != lines[0].at("after").at("digest"));
    CHECK(lines[2].at("action") == "remove");
    CHECK(lines[2].at("request_id") == "the-request");
    CHECK(lines[0].at("request_id") != lines[1].at("request_id"));
    CHECK(lines[2].at("before") == lines[1].at("after"));
    CHECK(lines[2].at("after").is_null());
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("the audit log can be renamed, and a write that can't be logged changes nothing", "[e2e][audit]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--audit-log", "audit.jsonl"})}};
    const auto port = server.port();
    REQUIRE(put(port, 3) == 200);
    std::filesystem::rename(folder / "audit.jsonl", folder / "audit.1");
    server.send_signal(SIGHUP);
    server.wait_for_err("SIGHUP");
    for (int attempt = 0; attempt < 1000 && text_of_file(folder / "audit.jsonl").empty(); ++attempt)
        REQUIRE(put(port, 4) == 200);
    CHECK_FALSE(text_of_file(folder / "audit.jsonl").empty());
    CHECK(server.terminate().exit_code == 0);

    ServerProcess full{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--audit-log", "/dev/full"})}};
    const auto before = fetch(full.port(), "GET", picture_path, as_demo_user());
    CHECK(put(full.port(), 5) == 503);
    full.wait_for_err("The audit log /dev/full can't be written");
    const auto refused = fetch(full.port(), "DELETE", picture_path, as_demo_user());
    CHECK(refused.status == 503);
    CHECK(refused.body.find("audit.unavailable") != std::string::npos);
    CHECK(fetch(full.port(), "GET", "/readyz").status == 503);
    CHECK(fetch(full.port(), "GET", picture_path, as_demo_user()).body == before.body);
}

TEST_CASE("an audit log that couldn't be reopened is opened as soon as possible", "[e2e][audit]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "logs");
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--audit-log", "logs/audit.jsonl"})}};
    const auto port = server.port();
    REQUIRE(put(port, 3) == 200);
    std::filesystem::rename(folder / "logs", folder / "old");
    server.send_signal(SIGHUP);
    server.wait_for_err("SIGHUP");
    for (int attempt = 0; attempt < 1000 && put(port, 4) != 503; ++attempt)
        ;
    server.wait_for_err("can't be written (open:");
    std::filesystem::create_directory(folder / "logs");
    // No write is needed for it.
    for (int attempt = 0; attempt < 1000 && fetch(port, "GET", "/readyz").status != 200; ++attempt)
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    CHECK(put(port, 5) == 200);
    const auto lines = lines_of(text_of_file(folder / "logs" / "audit.jsonl"));
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("state") == "refused");
    CHECK(lines[2].at("state") == "committed");
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("options come from a file, and config check reports its errors", "[e2e][config]") {
    const TemporaryFolder folder;
    std::ofstream{folder / "portrait.conf"} << "# a comment\nlisten = \"127.0.0.1:0\"\ndata = \"elsewhere\"\n"
                                               "demo = true\nmax-body = \"20KiB\"\n";
    const auto check = [&](const std::string& text) {
        std::ofstream{folder / "other.conf"} << text;
        return run_server(
            {.folder = folder.path(), .arguments = {"--config", "other.conf", "config", "check"}});
    };
    const auto good =
        run_server({.folder = folder.path(), .arguments = {"--config", "portrait.conf", "config", "check"}});
    CHECK(good.exit_code == 0);
    CHECK(good.out.find("good: would listen on http://127.0.0.1:0 with data in elsewhere") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));

    for (const auto& [text, named] : std::vector<std::pair<std::string, std::string>>{
             {"demo = true\nmax-boddy = 1\n", "max-boddy"},
             {"demo = true\nmax-body = \"much\"\n", "much"},
             {"demo = true\nlisten = \"8080\"\n", "8080"},
             {"demo = true\nusers = \"no/such/file\"\n", "no/such/file"},
             {"demo = true\naudit-log = \"no/such/folder/log\"\n", "no/such/folder"},
             {"", "Nobody could sign in"}}) {
        CAPTURE(text);
        const auto bad = check(text);
        CHECK(bad.exit_code == 2);
        CHECK(bad.err.find(named) != std::string::npos);
    }
    CHECK(run_server({.folder = folder.path(), .arguments = {"--config", "none.conf"}}).exit_code == 2);

    ServerProcess server{{.folder = folder.path(),
                          .arguments = {"--config", "portrait.conf", "--data", "here"},
                          .environment = {{"PORTRAIT_MAX_BODY", "1MiB"}}}};
    const auto port = server.port();
    CHECK(std::filesystem::exists(folder / "here")); // the command line overrides the file
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
    const auto answer = fetch(port, "PUT", picture_path, as_demo_user({{"Content-Type", "image/png"}}),
                              std::string(30'000, 'x'));
    CHECK(answer.status == 413); // and the file overrides the environment
}

TEST_CASE("the installed configuration is valid", "[e2e][config]") {
    const TemporaryFolder folder;
    const auto end =
        run_server({.folder = folder.path(),
                    .arguments = {"--config", source_path("examples/server/portrait.conf").string(), "--demo",
                                  "--data", "here", "config", "check"}});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
}

TEST_CASE("a supervisor is notified when the server is ready and when it stops", "[e2e][supervisor]") {
    const bool is_abstract = GENERATE(false, true);
    const TemporaryFolder folder;
    const Supervisor supervisor{(folder / "notify").string(), is_abstract};
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(),
                          .environment = {{"NOTIFY_SOCKET", supervisor.name}}}};
    const auto ready = supervisor.receive();
    CHECK(ready.starts_with("READY=1\n"));
    CHECK(ready.find(std::to_string(server.port())) != std::string::npos);
    CHECK(fetch(server.port(), "GET", "/readyz").status == 200);
    server.send_signal(SIGTERM);
    CHECK(supervisor.receive().starts_with("STOPPING=1\n"));
    CHECK(server.wait().exit_code == 0);
}

TEST_CASE("a missing supervisor is no error", "[e2e][supervisor]") {
    const TemporaryFolder folder;
    const auto name = GENERATE(as<std::string>{}, "/no/such/socket", "relative", "@", std::string(300, '/'));
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments(), .environment = {{"NOTIFY_SOCKET", name}}}};
    CHECK(fetch(server.port(), "GET", "/healthz").status == 200);
    CHECK(server.terminate().exit_code == 0);
}

} // namespace operation_test
