#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sign_in_flood_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;

namespace {

unsigned sign_in(std::uint16_t port, const std::string& from, const std::string& user,
                 const std::string& password) {
    RawConnection connection{port, "127.0.0.1", std::chrono::seconds{120}, from};
    connection.send(request_text("GET", "/api/v1", {{"Authorization", basic_authorization(user, password)}}));
    return connection.read_response().status;
}

/// Clients that guess without a pause, each guess with another name from another address. Half of them don't
/// wait for the answer.
class Flood {
public:
    Flood(std::uint16_t port, unsigned clients) {
        for (unsigned client = 0; client < clients; ++client)
            threads_.emplace_back([this, port, waits = client % 2 == 0](const std::stop_token& stop) {
                while (!stop.stop_requested())
                    guess(port, waits);
            });
    }

    unsigned guesses() const { return guesses_; }

private:
    void guess(std::uint16_t port, bool waits) {
        const auto number = std::to_string(++guesses_);
        const unsigned host = guesses_ % 62'500;
        const auto from = "127.77." + std::to_string(host / 250) + "." + std::to_string(1 + host % 250);
        try {
            RawConnection connection{port, "127.0.0.1", std::chrono::seconds{120}, from};
            connection.send(request_text(
                "GET", "/api/v1", {{"Authorization", basic_authorization("u" + number, "w" + number)}}));
            if (waits)
                (void)connection.read_response();
            else
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
        } catch (const std::runtime_error&) { // NOLINT(bugprone-empty-catch): the server may close
        }
    }

    std::atomic<unsigned> guesses_{0};
    std::vector<std::jthread> threads_;
};

} // namespace

// 90 connections send guesses, each with a new name and from a new address. A new user with an unknown
// address waits for one hash of each connection.
TEST_CASE("new users sign in during a flood of guesses from rotating addresses", "[hostile][sign_in]") {
    const TemporaryFolder folder;
    constexpr unsigned clients = 90;
    // A cheap hash of "Tje0": the number of hashes is tested, not their cost.
    std::ofstream{folder / "users"} << "tje0:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni\n";
    namespace fs = std::filesystem;
    fs::permissions(folder / "users", fs::perms::owner_read | fs::perms::owner_write);
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({"--users", "users"})}};
    const auto port = server.port();
    auto hash = Clock::duration{std::chrono::milliseconds{100}};
    for (unsigned guess = 0; guess < 3; ++guess) {
        const auto start = Clock::now();
        REQUIRE(sign_in(port, "127.0.0.9", "nobody", std::to_string(guess)) == 401);
        hash = std::max(hash, Clock::now() - start);
    }
    const auto promised = hash * (clients + 1);

    const Flood flood{port, clients};
    while (flood.guesses() < 2 * clients)
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto start = Clock::now();
    CHECK(sign_in(port, "127.0.0.201", "tje0", "Tje0") == 200);
    CHECK(Clock::now() - start < 5 * promised);
    CHECK(sign_in(port, "127.0.0.202", "tje0", "wrong") == 401);
    CHECK(Clock::now() - start < 10 * promised);
}

} // namespace sign_in_flood_test
