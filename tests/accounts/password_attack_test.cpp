#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace password_attack_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using Kind = AuthenticationFailure::Kind;
using portrait::testing::TemporaryFolder;

namespace {

// "Tje0", "correct horse" and "other", by cheap hashes.
const std::string tje0 = "tje0:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni:12:Tora:345\n";
const std::string reader = "reader:$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK::::read\n";
const std::string tje0_with_readers_password =
    "tje0:$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK:12:Tora:345\n";

AuthenticationOutcome ask(FileAuthenticator& authenticator, std::string user, std::string password,
                          std::string_view address = "192.0.2.1") {
    const auto promise = std::make_shared<std::promise<AuthenticationOutcome>>();
    authenticator.authenticate(
        BasicCredentials{std::move(user), std::move(password)}, address,
        [promise](AuthenticationOutcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future().get();
}

AuthenticationOutcome revalidated(FileAuthenticator& authenticator, const Principal& principal) {
    AuthenticationOutcome now{AuthenticationFailure{}};
    authenticator.revalidate(principal, [&now](AuthenticationOutcome outcome) { now = std::move(outcome); });
    return now;
}

std::optional<Kind> failure_of(const AuthenticationOutcome& outcome) {
    return outcome ? std::nullopt : std::optional{outcome.error().kind};
}

/// A file that is followed by `refresh` alone, with a clock that stands.
struct Followed {
    explicit Followed(const std::string& text, bool may_be_missing = false) {
        if (!text.empty())
            write(text);
        options.watch = 0ms;
        options.clock = clock;
        options.may_be_missing = may_be_missing;
        options.on_fault = [this](const Error&) { ++faults; };
        auto opened = FileAuthenticator::open(file, options);
        REQUIRE(opened.has_value());
        authenticator = *std::move(opened);
    }

    void write(const std::string& text, mode_t mode = 0600) {
        // A rename, as `users add` and editors do it: a new inode shows the change at any clock.
        const auto fresh = file.string() + ".new";
        std::ofstream{fresh} << text;
        REQUIRE(::chmod(fresh.c_str(), mode) == 0);
        std::filesystem::rename(fresh, file);
    }
    void change(const std::string& text, mode_t mode = 0600) {
        write(text, mode);
        authenticator->refresh();
    }

    TemporaryFolder folder;
    std::filesystem::path file = folder / "users";
    std::shared_ptr<testing::ManualSteadyClock> clock = std::make_shared<testing::ManualSteadyClock>();
    FileAuthenticatorOptions options;
    std::atomic<int> faults{0};
    std::unique_ptr<FileAuthenticator> authenticator;
};

} // namespace

TEST_CASE("an address that guesses has to wait and costs no hash meanwhile", "[http][file_authenticator]") {
    const auto clock = std::make_shared<testing::ManualSteadyClock>();
    FileAuthenticatorOptions options;
    options.clock = clock;
    const auto authenticator = *FileAuthenticator::from_text(tje0 + reader, options);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    const auto before = authenticator->hashes_computed();

    int rejected = 0;
    int busy = 0;
    for (int guess = 0; guess < 2000; ++guess) {
        const auto outcome =
            ask(*authenticator, "user" + std::to_string(guess), "guess" + std::to_string(guess));
        (failure_of(outcome) == Kind::rejected ? rejected : busy)++;
        if (guess == 1999)
            CHECK(outcome.error().retry_after == 1s);
        // The remembered user of the same address goes on.
        CHECK(ask(*authenticator, "tje0", "Tje0").has_value());
    }
    CHECK(rejected == 20);
    CHECK(busy == 1980);
    CHECK(authenticator->hashes_computed() == before + 20);

    // A client may try again, once, after Retry-After.
    clock->advance(1s);
    CHECK(ask(*authenticator, "reader", "correct horse").has_value());
    // Another address isn't concerned.
    CHECK(failure_of(ask(*authenticator, "nobody", "x", "192.0.2.2")) == Kind::rejected);
}

TEST_CASE("many addresses that guess one name have to wait, known or unknown", "[http][file_authenticator]") {
    const auto* const name = GENERATE("tje0", "nobody");
    FileAuthenticatorOptions options;
    options.clock = std::make_shared<testing::ManualSteadyClock>();
    const auto authenticator = *FileAuthenticator::from_text(tje0 + reader, options);
    REQUIRE(ask(*authenticator, "reader", "correct horse", "198.51.100.1").has_value());
    int rejected = 0;
    for (int guess = 0; guess < 500; ++guess)
        if (failure_of(ask(*authenticator, name, std::to_string(guess),
                           "10.0." + std::to_string(guess / 250) + "." + std::to_string(guess % 250))) ==
            Kind::rejected)
            ++rejected;
    CHECK(rejected == 10);
    CHECK(authenticator->hashes_computed() == 11);
}

TEST_CASE("a user signs in again from a known network while the name is attacked",
          "[http][file_authenticator]") {
    const auto clock = std::make_shared<testing::ManualSteadyClock>();
    FileAuthenticatorOptions options;
    options.clock = clock;
    options.remember = 60s;
    const auto authenticator = *FileAuthenticator::from_text(tje0, options);
    REQUIRE(ask(*authenticator, "tje0", "Tje0", "192.0.2.50").has_value());
    clock->advance(61s);
    for (int guess = 0; guess < 100; ++guess)
        (void)ask(*authenticator, "tje0", std::to_string(guess), "10.0.0." + std::to_string(guess));
    CHECK(failure_of(ask(*authenticator, "tje0", "Tje0", "203.0.113.9")) == Kind::busy);
    CHECK(ask(*authenticator, "tje0", "Tje0", "192.0.2.50").has_value());
}

TEST_CASE("limits of 0 are off", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = *FileAuthenticator::from_text(tje0, options);
    for (int guess = 0; guess < 100; ++guess)
        CHECK(failure_of(ask(*authenticator, "tje0", std::to_string(guess))) == Kind::rejected);
}

TEST_CASE("a new password in the file ends the old one, remembered or not", "[http][file_authenticator]") {
    Followed users{tje0 + reader};
    auto& authenticator = *users.authenticator;
    const auto signed_in = ask(authenticator, "tje0", "Tje0");
    const auto other = ask(authenticator, "reader", "correct horse");
    REQUIRE(signed_in.has_value());
    REQUIRE(other.has_value());
    CHECK(revalidated(authenticator, *signed_in).has_value());

    users.change(tje0_with_readers_password + reader);
    CHECK(failure_of(ask(authenticator, "tje0", "Tje0")) == Kind::rejected);
    CHECK(ask(authenticator, "tje0", "correct horse").has_value());
    CHECK_FALSE(revalidated(authenticator, *signed_in).has_value());
    // Whose line stayed needs no hash.
    const auto before = authenticator.hashes_computed();
    CHECK(ask(authenticator, "reader", "correct horse").has_value());
    CHECK(revalidated(authenticator, *other).has_value());
    CHECK(authenticator.hashes_computed() == before);
}

TEST_CASE("users removed from the file are rejected, and reduced rights apply",
          "[http][file_authenticator]") {
    Followed users{tje0 + reader};
    auto& authenticator = *users.authenticator;
    const auto signed_in = ask(authenticator, "tje0", "Tje0");
    REQUIRE(signed_in.has_value());
    REQUIRE(signed_in->may_write);

    auto read_only = tje0;
    read_only.insert(read_only.size() - 1, ":read");
    users.change(read_only + reader);
    CHECK_FALSE(ask(authenticator, "tje0", "Tje0")->may_write);
    CHECK_FALSE(revalidated(authenticator, *signed_in)->may_write);

    users.change(reader);
    CHECK(authenticator.user_count() == 1);
    CHECK(failure_of(ask(authenticator, "tje0", "Tje0")) == Kind::rejected);
    CHECK_FALSE(revalidated(authenticator, *signed_in).has_value());
    CHECK(users.faults == 0);
}

TEST_CASE("a file that becomes invalid changes no user and is reported once", "[http][file_authenticator]") {
    Followed users{tje0};
    users.change("tje0:plaintext\n");
    users.authenticator->refresh();
    CHECK(users.faults == 1);
    CHECK(ask(*users.authenticator, "tje0", "Tje0").has_value());
    users.change(tje0, 0604);
    CHECK(users.faults == 2);
    users.change(tje0 + reader);
    CHECK(users.authenticator->user_count() == 2);
    CHECK(users.faults == 2);
}

TEST_CASE("a file may be created later, and a removed file has no users", "[http][file_authenticator]") {
    Followed users{{}, true};
    CHECK(users.authenticator->user_count() == 0);
    users.change(tje0);
    CHECK(ask(*users.authenticator, "tje0", "Tje0").has_value());
    std::filesystem::remove(users.file);
    users.authenticator->refresh();
    CHECK(failure_of(ask(*users.authenticator, "tje0", "Tje0")) == Kind::rejected);
}

TEST_CASE("the watching thread detects a change", "[http][file_authenticator]") {
    const TemporaryFolder folder;
    const auto file = folder / "users";
    std::ofstream{file} << tje0;
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    FileAuthenticatorOptions options;
    options.watch = 1ms;
    const auto authenticator = *FileAuthenticator::open(file, options);
    std::ofstream{file, std::ios::app} << reader;
    const auto deadline = std::chrono::steady_clock::now() + 2min;
    while (authenticator->user_count() != 2 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    CHECK(authenticator->user_count() == 2);
}

TEST_CASE("a users file that every user of the machine can read or change is refused",
          "[http][file_authenticator]") {
    const TemporaryFolder folder;
    const auto file = folder / "users";
    std::ofstream{file} << tje0;
    struct Case {
        mode_t mode;
        bool taken;
    };
    for (const auto [mode, taken] : {Case{0600, true}, Case{0640, true}, Case{0400, true}, Case{0644, false},
                                     Case{0602, false}, Case{0666, false}, Case{0601, true}}) {
        CAPTURE(mode);
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        const auto opened = FileAuthenticator::open(file);
        CHECK(opened.has_value() == taken);
        if (!opened)
            CHECK(opened.error().message().find("chmod") != std::string::npos);
    }
    FileAuthenticatorOptions options;
    options.others_may_read = true;
    CHECK(FileAuthenticator::open(file, options).has_value());
    if (::geteuid() == 0) { // only root can change the owner
        REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
        REQUIRE(::chmod(file.c_str(), 0600) == 0);
        CHECK_FALSE(FileAuthenticator::open(file).has_value());
        CHECK(FileAuthenticator::open(file, options).has_value());
    }
}

/// Counts nothing, and completes late, never gives leave, or misbehaves.
class OtherCounter final : public SignInCounter {
public:
    enum class Way { late, refuses, fails, throws, completes_twice, completes_and_throws };

    explicit OtherCounter(Way of)
        : way_{of} {}
    OtherCounter(const OtherCounter&) = delete;
    OtherCounter& operator=(const OtherCounter&) = delete;
    ~OtherCounter() override {
        for (auto& thread : threads_)
            thread.join();
    }

    void begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) override {
        last_network = attempt.network;
        switch (way_) {
        case Way::late:
            threads_.emplace_back([done] {
                std::this_thread::sleep_for(20ms);
                done(SignInLeave{});
            });
            return;
        case Way::refuses: return done(SignInLeave{.wait = 42s});
        case Way::fails: return done(Error{errc::service_busy});
        case Way::throws: throw std::runtime_error{"the counter is away"};
        case Way::completes_twice: done(SignInLeave{}); return done(SignInLeave{});
        case Way::completes_and_throws: done(SignInLeave{}); throw std::runtime_error{"after all"};
        }
    }
    void succeeded(const SignInAttempt&) override { ++successes; }
    void withdraw(const SignInAttempt&) override { ++withdrawn; }

    std::string last_network;
    std::atomic<int> successes{0};
    std::atomic<int> withdrawn{0};

private:
    const Way way_;
    std::vector<std::thread> threads_; // of one test's calls, which come one after the other
};

TEST_CASE("a counter of the embedder counts failed sign-ins", "[http][file_authenticator]") {
    using Way = OtherCounter::Way;
    const auto way = GENERATE(Way::late, Way::completes_twice, Way::completes_and_throws);
    const auto counter = std::make_shared<OtherCounter>(way);
    FileAuthenticatorOptions options;
    options.counter = counter;
    const auto authenticator = *FileAuthenticator::from_text(tje0, options);
    CHECK(failure_of(ask(*authenticator, "tje0", "wrong", "2001:db8::7:1")) == Kind::rejected);
    CHECK(counter->last_network == "2001:db8::");
    CHECK(counter->successes == 0);
    CHECK(ask(*authenticator, "tje0", "Tje0").has_value());
    CHECK(counter->successes == 1);
    CHECK(counter->withdrawn == 0);
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("no password is hashed without the counter's permission", "[http][file_authenticator]") {
    using Way = OtherCounter::Way;
    const auto [way, kind, wait] =
        GENERATE(std::tuple{Way::refuses, Kind::busy, 42s}, std::tuple{Way::fails, Kind::broken, 1s},
                 std::tuple{Way::throws, Kind::broken, 1s});
    FileAuthenticatorOptions options;
    options.counter = std::make_shared<OtherCounter>(way);
    const auto authenticator = *FileAuthenticator::from_text(tje0, options);
    const auto outcome = ask(*authenticator, "tje0", "Tje0");
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().kind == kind);
    CHECK(outcome.error().retry_after == wait);
    CHECK(authenticator->hashes_computed() == 0);
}

TEST_CASE("the destructor of an authenticator waits for its counter", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.counter = std::make_shared<OtherCounter>(OtherCounter::Way::late);
    auto authenticator = *FileAuthenticator::from_text(tje0, options);
    std::atomic<int> answers{0};
    authenticator->authenticate(BasicCredentials{"tje0", "Tje0"}, "192.0.2.1",
                                [&](const AuthenticationOutcome&) { ++answers; });
    CHECK(answers == 0);
    authenticator.reset();
    CHECK(answers == 1);
}

} // namespace password_attack_test
