#include "server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/stat.h>

using namespace portrait::testing;

namespace {

const std::string info_path = "/api/v1/Person/7/ImageInfo";

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
}

void add_user(const TemporaryFolder& folder, const std::string& name, const std::string& password) {
    const auto end = run_server({.folder = folder.path(),
                                 .arguments = {"users", "add", name, "--data", "portrait-data"},
                                 .input = password + "\n"});
    REQUIRE(end.exit_code == 0);
}

unsigned ask(std::uint16_t port, const std::string& user, const std::string& password) {
    return fetch(port, "GET", info_path, {{"Authorization", basic_authorization(user, password)}}).status;
}

/// Signed in already; asks again and again on one connection.
class HonestUser {
public:
    explicit HonestUser(std::uint16_t port)
        : port_{port}
        , connection_{port} {}

    void ask() {
        const auto start = std::chrono::steady_clock::now();
        connection_.send(
            request_text("GET", info_path, {{"Authorization", basic_authorization("tje0", "Tje0")}}));
        const auto answer = connection_.read_response();
        if (answer.status != 200)
            ++refused;
        took_.push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start));
        if (answer.field("Connection") == "close") // it has had its number of requests
            connection_ = RawConnection{port_};
    }

    std::chrono::microseconds take_slowest_but_one_percent() {
        auto took = std::exchange(took_, {});
        std::sort(took.begin(), took.end());
        return took[took.size() * 99 / 100];
    }

    int refused = 0;

private:
    std::uint16_t port_;
    RawConnection connection_;
    std::vector<std::chrono::microseconds> took_;
};

/// Tries wrong passwords, never the same one twice, from one address after the other.
class Guesser {
public:
    Guesser(std::uint16_t port, int addresses)
        : port_{port} {
        for (int number = 0; number < addresses; ++number)
            connections_.push_back(connect(number));
    }

    void guess(const std::string& user) {
        const auto number = next_++ % connections_.size();
        auto& connection = connections_[number];
        connection.send(request_text(
            "GET", info_path,
            {{"Authorization", basic_authorization(user, "guess number " + std::to_string(next_))}}));
        const auto answer = connection.read_response();
        if (answer.status == 401)
            ++rejected;
        else if (answer.status == 429 && !answer.field("Retry-After").empty())
            ++told_to_wait;
        else
            ++unexpected;
        if (answer.field("Connection") == "close")
            connection = connect(static_cast<int>(number));
    }

    int rejected = 0;
    int told_to_wait = 0;
    int unexpected = 0;

private:
    RawConnection connect(int number) const {
        return RawConnection{port_, "127.0.0.1", std::chrono::seconds{60},
                             "127.0.0." + std::to_string(1 + number)};
    }

    std::uint16_t port_;
    std::vector<RawConnection> connections_;
    std::size_t next_ = 0;
};

} // namespace

TEST_CASE("a running server follows users add, at once by SIGHUP", "[e2e][users]") {
    const TemporaryFolder folder;
    add_user(folder, "anna", "first password");
    // Nobody is held back: the test asks again and again until the file counts.
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--allow-any-person", "--failures-per-name", "0",
                                                         "--failures-per-address", "0"})}};
    const auto port = server.port();
    CHECK(ask(port, "anna", "first password") == 200);

    add_user(folder, "bertil", "bertils password");
    server.send_signal(SIGHUP);
    server.wait_for_err("SIGHUP");
    CHECK(eventually([&] { return ask(port, "bertil", "bertils password") == 200; }));

    // Without a signal, within a second or two.
    add_user(folder, "anna", "second password");
    CHECK(eventually([&] { return ask(port, "anna", "second password") == 200; }));
    CHECK(ask(port, "anna", "first password") == 401);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    for (const auto* secret : {"first password", "second password", "bertils password"})
        CHECK(end.err.find(secret) == std::string::npos);
}

TEST_CASE("a server doesn't start with a users file that everybody can read", "[e2e][users]") {
    const TemporaryFolder folder;
    add_user(folder, "anna", "a password");
    const auto file = folder / "portrait-data" / "users.htpasswd";
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    const auto end = run_server({.folder = folder.path(), .arguments = server_arguments({})});
    CHECK(end.exit_code == 2);
    CHECK(end.err.find("users.htpasswd") != std::string::npos);
    CHECK(end.err.find("chmod o-rwx") != std::string::npos);
    const auto help = run_server({.folder = folder.path(), .arguments = {"--help"}});
    CHECK(help.out.find("can read is refused") != std::string::npos);
}

TEST_CASE("the process leaves no core and its data to nobody else", "[e2e][users]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    (void)server.port();
    std::ifstream limits{"/proc/" + std::to_string(server.id()) + "/limits"};
    std::string line;
    while (std::getline(limits, line) && !line.starts_with("Max core file size"))
        ;
    CHECK(line.find(" 0 ") != std::string::npos);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder / "portrait-data"}) {
        CAPTURE(entry.path());
        const auto mode = entry.status().permissions();
        CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
              std::filesystem::perms::none);
    }
}

// The long form is switched on by PORTRAIT_WRONG_PASSWORDS, such as 100000.
TEST_CASE("a flood of wrong passwords leaves remembered users alone", "[e2e][users][hostile]") {
    const char* const chosen = std::getenv("PORTRAIT_WRONG_PASSWORDS");
    const int attempts = chosen != nullptr ? std::stoi(chosen) : 2000;
    const auto addresses = GENERATE(1, 200);
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-level", "warning"})}};
    const auto port = server.port();
    HonestUser honest{port};
    for (int request = 0; request < 200; ++request)
        honest.ask();
    const auto quiet = honest.take_slowest_but_one_percent();

    std::atomic<bool> over{false};
    Guesser guesser{port, addresses};
    const auto began = std::chrono::steady_clock::now();
    std::thread attack{[&] {
        for (int attempt = 0; attempt < attempts; ++attempt)
            // Many names from the one address, one name from the many.
            guesser.guess(addresses == 1 ? "user" + std::to_string(attempt) : "tje0");
        over = true;
    }};
    do
        honest.ask();
    while (!over);
    attack.join();
    const auto seconds =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
    if (chosen != nullptr)
        WARN(attempts << " wrong passwords from " << addresses << " addresses in " << seconds
                      << " s: " << guesser.rejected << " hashed; honest p99 " << quiet.count()
                      << " us before, " << honest.take_slowest_but_one_percent().count() << " us meanwhile");
    CHECK(honest.refused == 0);
    CHECK(guesser.unexpected == 0);
    CHECK(guesser.rejected + guesser.told_to_wait == attempts);
    // What is free by name and (where tje0 is at home) by address, and one for each second after that at the
    // most: all else costs no hash.
    CHECK(guesser.rejected <= 10 + 20 + seconds);
    CHECK(server.terminate().exit_code == 0);
}
