#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace users_test {

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

/// A user who is signed in and sends requests on one connection.
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
        if (answer.field("Connection") == "close") // the connection has reached its limit of requests
            connection_ = RawConnection{port_};
    }

    std::chrono::microseconds take_p99() {
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

/// Tries wrong passwords, each only once, from several addresses in turn.
class Guesser {
public:
    Guesser(std::uint16_t port, int addresses)
        : port_{port} {
        for (int number = 0; number < addresses; ++number)
            connections_.push_back(connect(number));
    }

    void guess(const std::string& user) {
        const auto answer = ask(request_text(
            "GET", info_path,
            {{"Authorization", basic_authorization(user, "guess number " + std::to_string(next_))}}));
        if (answer.status == 401)
            ++rejected;
        else if (answer.status == 429 && !answer.field("Retry-After").empty())
            ++delayed;
        else
            ++unexpected;
    }

    /// A request without authentication, to measure the requests alone.
    void ask_without_credentials() { (void)ask(request_text("GET", "/healthz")); }

    int rejected = 0;
    int delayed = 0;
    int unexpected = 0;

private:
    RawResponse ask(const std::string& request) {
        const auto number = next_++ % connections_.size();
        auto& connection = connections_[number];
        connection.send(request);
        auto answer = connection.read_response();
        if (answer.field("Connection") == "close")
            connection = connect(static_cast<int>(number));
        return answer;
    }

    RawConnection connect(int number) const {
        return RawConnection{port_, "127.0.0.1", std::chrono::seconds{60},
                             "127.0.0." + std::to_string(1 + number)};
    }

    std::uint16_t port_;
    std::vector<RawConnection> connections_;
    std::size_t next_ = 0;
};

} // namespace

TEST_CASE("a running server reloads users after users add, at once on SIGHUP", "[e2e][users]") {
    const TemporaryFolder folder;
    add_user(folder, "anna", "first password");
    // Without delays, since the test repeats wrong requests until the file is loaded.
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--allow-any-person", "--failures-per-name", "0",
                                                         "--failures-per-address", "0"})}};
    const auto port = server.port();
    CHECK(ask(port, "anna", "first password") == 200);

    add_user(folder, "bertil", "bertils password");
    server.send_signal(SIGHUP);
    server.wait_for_err("SIGHUP");
    CHECK(eventually([&] { return ask(port, "bertil", "bertils password") == 200; }));

    // Without a signal, within two seconds.
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
    const auto help = run_server({.folder = folder.path(), .arguments = {"--help-all"}});
    CHECK(help.out.find("is refused") != std::string::npos);
}

TEST_CASE("the process writes no core dump, and only its own user can read its data", "[e2e][users]") {
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

namespace {

/// The hashing threads and their processor time.
struct Hashing {
    int threads = 0;
    double seconds = 0; ///< of processor time
};

Hashing hashing_of(pid_t process) {
    Hashing hashing;
    for (const auto& task :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(process) + "/task"}) {
        std::ifstream stat{task.path() / "stat"};
        std::string text;
        std::getline(stat, text);
        if (text.find("(hashing)") == std::string::npos)
            continue;
        ++hashing.threads;
        std::istringstream fields{text.substr(text.find(')') + 2)};
        std::string field;
        constexpr int before_user_time = 11; // proc(5)
        for (int count = 0; count < before_user_time; ++count)
            fields >> field;
        long user = 0;
        long system = 0;
        fields >> user >> system;
        hashing.seconds += static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    return hashing;
}

/// Sends requests while another thread runs the action `times` times; returns the duration.
template<class Action>
std::chrono::duration<double> ask_during(HonestUser& honest, int times, Action action) {
    std::atomic<bool> over{false};
    const auto began = std::chrono::steady_clock::now();
    std::thread other{[&] {
        for (int time = 0; time < times; ++time)
            action(time);
        over = true;
    }};
    do
        honest.ask();
    while (!over);
    other.join();
    return std::chrono::steady_clock::now() - began;
}

} // namespace

// PORTRAIT_WRONG_PASSWORDS, such as 100000, selects the long form.
TEST_CASE("a flood of wrong passwords does not affect signed-in users", "[e2e][users][hostile]") {
    const char* const chosen = std::getenv("PORTRAIT_WRONG_PASSWORDS");
    const int attempts = chosen != nullptr ? std::stoi(chosen) : 2000;
    const auto addresses = GENERATE(1, 200);
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-level", "warning"})}};
    const auto port = server.port();
    HonestUser honest{port};
    for (int request = 0; request < (chosen != nullptr ? 10'000 : 200); ++request)
        honest.ask();
    const auto quiet = honest.take_p99();
    Guesser guesser{port, addresses};
    (void)ask_during(honest, chosen != nullptr ? attempts / 10 : 200,
                     [&](int) { guesser.ask_without_credentials(); });
    const auto busy = honest.take_p99();

    const auto hashing_before = hashing_of(server.id());
    const auto took = ask_during(honest, attempts, [&](int attempt) {
        // Many names from one address, one name from many addresses.
        guesser.guess(addresses == 1 ? "user" + std::to_string(attempt) : "tje0");
    });
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(took).count();
    const auto hashing = hashing_of(server.id());
    if (chosen != nullptr)
        WARN(attempts << " wrong passwords from " << addresses << " addresses in " << seconds << " s: "
                      << guesser.rejected << " hashed, in " << hashing.seconds - hashing_before.seconds
                      << " s of processor time; honest p99 " << quiet.count() << " us before, "
                      << busy.count() << " us beside as many requests without credentials, "
                      << honest.take_p99().count() << " us beside the attack");
    CHECK(honest.refused == 0);
    CHECK(guesser.unexpected == 0);
    CHECK(guesser.rejected + guesser.delayed == attempts);
    // The attempts before the delays of names and addresses (at the address where tje0 is known), then at
    // most one per second; all others are refused without a hash.
    CHECK(guesser.rejected <= 10 + 20 + seconds);
    CHECK(hashing.threads == 1);
    CHECK(hashing.seconds - hashing_before.seconds <= took.count() + 1);
    CHECK(server.terminate().exit_code == 0);
}

} // namespace users_test
