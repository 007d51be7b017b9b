#include "accounts/held_thread.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Floods of sign-ins, and the users who sign in meanwhile.
namespace sign_in_flood_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::HeldThread;
using Kind = AuthenticationFailure::Kind;
using Future = std::future<AuthenticationOutcome>;

namespace {

// "Tje0" and "correct horse", by cheap hashes.
const std::string users_text =
    "tje0:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni:12:Tora:345\n"
    "reader:$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK::::read\n";

std::unique_ptr<FileAuthenticator> make(FileAuthenticatorOptions options = {}) {
    auto made = FileAuthenticator::from_text(users_text, std::move(options));
    REQUIRE(made.has_value());
    return std::move(*made);
}

Future start(FileAuthenticator& authenticator, BasicCredentials credentials, const std::string& address) {
    const auto promise = std::make_shared<std::promise<AuthenticationOutcome>>();
    authenticator.authenticate(std::move(credentials), address, [promise](AuthenticationOutcome outcome) {
        promise->set_value(std::move(outcome));
    });
    return promise->get_future();
}

std::optional<Kind> failure_of(const AuthenticationOutcome& outcome) {
    return outcome ? std::nullopt : std::optional{outcome.error().kind};
}

/// The failure of an attempt, and the number of hashes at its end.
struct Measured {
    std::optional<Kind> failure;
    std::uint64_t hashes;
};

Measured measured(
    FileAuthenticator& authenticator, BasicCredentials credentials, const std::string& address,
    const std::function<void()>& meanwhile = [] {}) {
    const auto promise = std::make_shared<std::promise<Measured>>();
    authenticator.authenticate(std::move(credentials), address,
                               [promise, &authenticator](const AuthenticationOutcome& outcome) {
                                   promise->set_value({failure_of(outcome), authenticator.hashes_computed()});
                               });
    meanwhile();
    return promise->get_future().get();
}

std::string address_of(unsigned number) {
    return "10." + std::to_string(number / 62'500 % 250) + "." + std::to_string(number / 250 % 250) + "." +
           std::to_string(number % 250);
}

/// Clients that guess without a pause, each guess with another name from another address.
class Flood {
public:
    Flood(FileAuthenticator& authenticator, unsigned clients)
        : authenticator_{authenticator} {
        for (unsigned client = 0; client < clients; ++client)
            guess();
    }
    ~Flood() {
        stopped_ = true;
        while (running_ != 0)
            std::this_thread::yield();
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

private:
    void guess() {
        if (stopped_)
            return;
        const auto number = ++guesses_;
        ++running_;
        authenticator_.authenticate(
            BasicCredentials{"u" + std::to_string(number), "w" + std::to_string(number)}, address_of(number),
            [this](const AuthenticationOutcome& outcome) {
                // A refused client would try again at once, for ever on this stack.
                if (failure_of(outcome) == Kind::rejected)
                    guess();
                --running_;
            });
    }

    FileAuthenticator& authenticator_;
    std::atomic<unsigned> guesses_{0};
    std::atomic<int> running_{0};
    std::atomic<bool> stopped_{false};
};

} // namespace

TEST_CASE("a new user signs in during a flood that rotates names and addresses", "[http][sign_in][hostile]") {
    constexpr unsigned clients = 200;
    const auto authenticator = make();
    const Flood flood{*authenticator, clients};
    for (unsigned newcomer = 0; newcomer < 3; ++newcomer) {
        const auto before = authenticator->hashes_computed();
        const auto [failure, hashes] = measured(*authenticator, {"tje0", newcomer == 2 ? "wrong" : "Tje0"},
                                                "192.0.2." + std::to_string(newcomer));
        CHECK(failure == (newcomer == 2 ? std::optional{Kind::rejected} : std::nullopt));
        // One turn of each other client, and those that were hashed before this thread went on.
        CHECK(hashes - before <= 5 * (clients + 1));
    }
}

TEST_CASE("an address with many attempts delays the attempt of another address by one hash",
          "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = make(options);
    std::mutex mutex;
    std::vector<std::string> order;
    const auto begin = [&](const std::string& name, const std::string& address) {
        authenticator->authenticate(BasicCredentials{name, "wrong"}, address,
                                    [&, name](const AuthenticationOutcome&) {
                                        const std::lock_guard lock{mutex};
                                        order.push_back(name);
                                    });
    };
    HeldThread held{*authenticator};
    for (int guess = 0; guess < 100; ++guess)
        begin("u" + std::to_string(guess), "192.0.2.1");
    begin("newcomer", "192.0.2.2");
    begin("other", "2001:db8::1");
    begin("neighbour", "2001:db8::2"); // in the same network of IPv6
    auto last = start(*authenticator, {"last", "wrong"}, "192.0.2.1");
    held.release();
    CHECK(failure_of(last.get()) == Kind::rejected);
    const std::lock_guard lock{mutex};
    REQUIRE(order.size() == 103);
    CHECK(order[0] == "u0");
    CHECK(order[1] == "newcomer");
    CHECK(order[2] == "other");
    CHECK(order[3] == "u1");
    CHECK(order[4] == "neighbour");
}

TEST_CASE("one address and one name have a share of the queue", "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 160;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = make(options);
    std::vector<Future> started;
    HeldThread held{*authenticator};
    for (unsigned guess = 0; guess < 30; ++guess)
        started.push_back(start(*authenticator, {"u" + std::to_string(guess), "wrong"}, "192.0.2.1"));
    for (unsigned guess = 0; guess < 30; ++guess)
        started.push_back(start(*authenticator, {"tje0", std::to_string(guess)}, address_of(guess)));
    held.release();
    unsigned busy = 0;
    for (auto& each : started)
        busy += failure_of(each.get()) == Kind::busy ? 1 : 0;
    CHECK(busy == 20); // ten beyond the share of each
}

TEST_CASE("a full queue makes room for an address without attempts", "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 32;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = make(options);
    HeldThread held{*authenticator};
    std::vector<Future> started;
    for (unsigned guess = 0; guess < 32; ++guess)
        started.push_back(start(*authenticator, {"u" + std::to_string(guess), "wrong"},
                                guess < 16 ? "192.0.2.1" : "192.0.2.2"));
    auto newcomer = start(*authenticator, {"tje0", "Tje0"}, "192.0.2.3");
    held.release();
    CHECK(newcomer.get().has_value());
    unsigned busy = 0;
    for (auto& each : started)
        busy += failure_of(each.get()) == Kind::busy ? 1 : 0;
    CHECK(busy == 1);
}

TEST_CASE("attempts whose clients are gone cost no hash and make room", "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 32;
    options.clock = std::make_shared<testing::ManualSteadyClock>();
    const auto authenticator = make(options);
    HeldThread held{*authenticator};
    std::stop_source gone;
    std::vector<Future> started;
    for (unsigned guess = 0; guess < 32; ++guess)
        started.push_back(start(*authenticator, {"tje" + std::to_string(guess), "wrong", gone.get_token()},
                                address_of(guess)));
    auto shared =
        start(*authenticator, {"tje31", "wrong"}, "192.0.2.9"); // the same credentials as a gone client
    CHECK(failure_of(start(*authenticator, {"tje0", "Tje0"}, "192.0.2.1").get()) == Kind::busy);
    gone.request_stop();
    auto newcomer = start(*authenticator, {"tje0", "Tje0"}, "192.0.2.1");
    held.release();
    CHECK(newcomer.get().has_value());
    CHECK(failure_of(shared.get()) == Kind::rejected);
    CHECK(authenticator->hashes_computed() == 3);
    for (unsigned guess = 0; guess < 31; ++guess)
        CHECK(failure_of(started[guess].get()) == Kind::busy);
    // They were not counted as failures.
    for (int guess = 0; guess < 10; ++guess)
        CHECK(failure_of(start(*authenticator, {"tje1", std::to_string(guess)}, address_of(guess)).get()) ==
              Kind::rejected);
}

TEST_CASE("a client that goes while its attempt waits costs no hash", "[http][sign_in][hostile]") {
    const auto authenticator = make();
    HeldThread held{*authenticator};
    std::stop_source gone;
    auto left = start(*authenticator, {"tje0", "Tje0", gone.get_token()}, "192.0.2.1");
    auto other = start(*authenticator, {"reader", "correct horse"}, "192.0.2.2");
    gone.request_stop();
    held.release();
    CHECK(other.get().has_value());
    CHECK(failure_of(left.get()) == Kind::busy);
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("names that no user can have aren't kept", "[http][sign_in][hostile]") {
    const auto authenticator = make();
    CHECK(failure_of(start(*authenticator, {std::string(256, 'a'), "x"}, "192.0.2.1").get()) ==
          Kind::rejected);
    CHECK(authenticator->hashes_computed() == 0);
    CHECK(failure_of(start(*authenticator, {std::string(255, 'a'), "x"}, "192.0.2.1").get()) ==
          Kind::rejected);
    CHECK(authenticator->hashes_computed() == 1);
}

TEST_CASE("users with a known address and new ones are hashed in turn", "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.remember = 0s;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = make(options);
    REQUIRE(start(*authenticator, {"tje0", "Tje0"}, "192.0.2.1").get().has_value());
    REQUIRE(start(*authenticator, {"reader", "correct horse"}, "192.0.2.1").get().has_value());
    std::mutex mutex;
    std::vector<std::string> order;
    const auto begin = [&](const std::string& name, const std::string& password, const std::string& address,
                           const std::string& mark) {
        authenticator->authenticate(BasicCredentials{name, password}, address,
                                    [&, mark](const AuthenticationOutcome&) {
                                        const std::lock_guard lock{mutex};
                                        order.push_back(mark);
                                    });
    };
    HeldThread held{*authenticator};
    for (unsigned guess = 0; guess < 10; ++guess)
        begin("u" + std::to_string(guess), "wrong", address_of(guess), "new");
    // One of the known users is an attacker with an account.
    for (unsigned guess = 0; guess < 10; ++guess)
        begin("tje0", std::to_string(guess), "192.0.2.1", "known");
    begin("reader", "correct horse", "192.0.2.1", "reader");
    auto last = start(*authenticator, {"tje0", "last"}, "192.0.2.1");
    held.release();
    CHECK(failure_of(last.get()) == Kind::rejected);
    const std::lock_guard lock{mutex};
    REQUIRE(order.size() >= 20);
    // Whoever is first: the reader needs four turns at most, and neither kind has to wait for all of the
    // other.
    CHECK(std::find(order.begin(), order.end(), "reader") - order.begin() < 4);
    CHECK(std::count(order.begin(), order.begin() + 10, "new") == 5);
}

TEST_CASE("a user's known browser doesn't wait for a flood, nor for guesses at the user's name",
          "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.clock = std::make_shared<testing::ManualSteadyClock>();
    const auto authenticator = make(options);
    for (unsigned guess = 0; guess < 10; ++guess)
        REQUIRE(failure_of(start(*authenticator, {"tje0", std::to_string(guess)}, address_of(guess)).get()) ==
                Kind::rejected);
    CHECK(failure_of(start(*authenticator, {"tje0", "Tje0"}, "192.0.2.1").get()) == Kind::busy);
    HeldThread held{*authenticator};
    std::vector<Future> flood;
    for (unsigned guess = 0; guess < 500; ++guess)
        flood.push_back(
            start(*authenticator, {"u" + std::to_string(guess), "wrong"}, address_of(1000 + guess)));
    const auto before = authenticator->hashes_computed();
    const auto [failure, hashes] =
        measured(*authenticator, {.user = "tje0", .password = "Tje0", .known_browser = true}, "192.0.2.1",
                 [&held] { held.release(); });
    CHECK_FALSE(failure.has_value());
    CHECK(hashes - before <= 2);
}

TEST_CASE("guesses with a known browser's cookie are counted, and leave the user's other ways alone",
          "[http][sign_in][hostile]") {
    FileAuthenticatorOptions options;
    options.clock = std::make_shared<testing::ManualSteadyClock>();
    options.limits.failures_per_name = 1000;
    options.remember = 0s;
    const auto authenticator = make(options);
    REQUIRE(start(*authenticator, {"reader", "correct horse"}, "192.0.2.7").get().has_value());
    const auto guess = [&](unsigned number, const std::string& address) {
        return failure_of(start(*authenticator,
                                {.user = "tje0", .password = std::to_string(number), .known_browser = true},
                                address)
                              .get());
    };
    // Twenty for the cookie from any address, then twenty for the address, as without a cookie.
    for (unsigned number = 0; number < 20; ++number)
        CHECK(guess(number, address_of(number)) == Kind::rejected);
    for (unsigned number = 20; number < 40; ++number)
        CHECK(guess(number, "192.0.2.9") == Kind::rejected);
    CHECK(guess(40, "192.0.2.9") == Kind::busy);
    CHECK(authenticator->hashes_computed() == 41);
    // The user signs in from another address, and others of the attacker's address by their own cookies.
    CHECK(start(*authenticator, {"tje0", "Tje0"}, "192.0.2.10").get().has_value());
    CHECK(start(*authenticator, {.user = "reader", .password = "correct horse", .known_browser = true},
                "192.0.2.9")
              .get()
              .has_value());
}

} // namespace sign_in_flood_test
