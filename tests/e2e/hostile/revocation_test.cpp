#include "e2e/server_process.hpp"
#include "honest_clients.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

namespace revocation_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

namespace {

void run(const TemporaryFolder& folder, std::vector<std::string> arguments, const std::string& input = {}) {
    const auto end = run_server({.folder = folder.path(), .arguments = std::move(arguments), .input = input});
    REQUIRE(end.exit_code == 0);
}

std::string token_of(const TemporaryFolder& folder, const std::string& name) {
    const auto end = run_server({.folder = folder.path(), .arguments = {"tokens", "add", name}});
    REQUIRE(end.exit_code == 0);
    return end.out.substr(0, end.out.size() - 1);
}

/// Writes the file's lines without those of this name to a new file beside it. A name is a whole field, since
/// the hash of another user's password may have the same letters.
std::filesystem::path without(const std::filesystem::path& file, const std::string& name) {
    std::ifstream old{file};
    auto fresh = file;
    fresh += ".new";
    std::ofstream stream{fresh};
    for (std::string line; std::getline(old, line);)
        if ((':' + line + ':').find(':' + name + ':') == std::string::npos)
            stream << line << '\n';
    REQUIRE(::chmod(fresh.c_str(), 0600) == 0);
    return fresh;
}

/// A caller who is connected before the flood. With the end of one request the connection sends the beginning
/// of the next, because an idle connection may be evicted.
class Caller {
public:
    Caller(std::uint16_t port, const std::string& authorization)
        : connection_{port}
        , end_of_request_{"Host: localhost\r\nAuthorization: " + authorization + "\r\n\r\n"} {
        connection_.send(begin_of_request_);
    }

    unsigned ask() {
        connection_.send(end_of_request_ + begin_of_request_);
        return connection_.read_response().status;
    }
    void leave() { connection_.close(); }
    /// Repeats a request until the answer is 401, for some seconds at most.
    bool is_refused() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (ask() != 401) {
            if (std::chrono::steady_clock::now() > deadline)
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return true;
    }

private:
    RawConnection connection_;
    const std::string begin_of_request_ = "GET /api/v1/Person/7/ImageInfo HTTP/1.1\r\n";
    const std::string end_of_request_;
};

} // namespace

TEST_CASE("users and tokens that are removed while no descriptor is free are refused at once", "[hostile]") {
    const TemporaryFolder folder;
    for (const std::string name : {"anna", "eve"})
        run(folder, {"users", "add", name}, "a password\n");
    const auto token = token_of(folder, "mallory");
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--allow-any-person", "--failures-per-name", "0",
                                                         "--failures-per-address", "0"}),
                          .environment = environment_without_descriptors()}};
    const auto port = server.port();
    Caller anna{port, basic_authorization("anna", "a password")};
    Caller eve{port, basic_authorization("eve", "a password")};
    Caller mallory{port, "Bearer " + token};
    for (auto* caller : {&anna, &eve, &mallory})
        REQUIRE(caller->ask() == 200);
    const auto users = folder / "portrait-data" / "users.htpasswd";
    const auto tokens = folder / "portrait-data" / "tokens";
    const auto fresh_users = without(users, "eve");
    const auto fresh_tokens = without(tokens, "mallory");

    const auto few = static_cast<rlim_t>(descriptors_of(server.id()) + 10);
    const rlimit limit{few, few};
    REQUIRE(::prlimit(server.id(), RLIMIT_NOFILE, &limit, nullptr) == 0);
    std::vector<RawConnection> flood;
    for (int count = 0; count < 40; ++count) {
        flood.emplace_back(port);
        flood.back().send("GET /healthz HTTP/1.1\r\n");
    }
    server.wait_for_err("can't be accepted");

    std::filesystem::rename(fresh_users, users);
    std::filesystem::rename(fresh_tokens, tokens);
    CHECK(eve.is_refused());
    CHECK(mallory.is_refused());
    CHECK(descriptors_of(server.id()) + 1 >= few); // the shortage lasts

    server.send_signal(SIGHUP);
    server.wait_for_err("SIGHUP");
    CHECK(eve.ask() == 401);
    CHECK(mallory.ask() == 401);
    CHECK(anna.ask() == 200);
    // Otherwise the server would wait for the end of their requests.
    for (auto* caller : {&anna, &eve, &mallory})
        caller->leave();
    flood.clear();
    CHECK(server.terminate().exit_code == 0);
}

} // namespace revocation_test
