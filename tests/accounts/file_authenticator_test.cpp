#include "accounts/held_thread.hpp"
#include "password_hash.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace file_authenticator_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::HeldThread;
using Kind = AuthenticationFailure::Kind;

namespace {

// Cheap hashes of "Tje0" and of "correct horse" (the latter as `htpasswd -nbB` writes it).
const std::string users_text =
    "tje0:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni:12:Tora Elde:345\n"
    "reader:$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK::::read\n";

std::unique_ptr<FileAuthenticator> make(FileAuthenticatorOptions options = {},
                                        const std::string& text = users_text) {
    auto made = FileAuthenticator::from_text(text, std::move(options));
    REQUIRE(made.has_value());
    return std::move(*made);
}

std::future<AuthenticationOutcome> start(FileAuthenticator& authenticator, std::string user,
                                         std::string password) {
    auto promise = std::make_shared<std::promise<AuthenticationOutcome>>();
    auto future = promise->get_future();
    authenticator.authenticate(
        BasicCredentials{std::move(user), std::move(password)}, "192.0.2.1",
        [promise](AuthenticationOutcome outcome) { promise->set_value(std::move(outcome)); });
    return future;
}

AuthenticationOutcome ask(FileAuthenticator& authenticator, std::string user, std::string password) {
    return start(authenticator, std::move(user), std::move(password)).get();
}

bool answered(const std::future<AuthenticationOutcome>& future) {
    return future.wait_for(0s) == std::future_status::ready;
}

/// Absent after a success.
std::optional<Kind> failure_of(const AuthenticationOutcome& outcome) {
    return outcome ? std::nullopt : std::optional{outcome.error().kind};
}

} // namespace

TEST_CASE("a correct password authenticates its user", "[http][file_authenticator]") {
    const auto authenticator = make();
    CHECK(authenticator->user_count() == 2);
    const auto writer = ask(*authenticator, "tje0", "Tje0");
    REQUIRE(writer.has_value());
    CHECK(writer->name == "tje0");
    CHECK(writer->actor == Actor{12, "tje0", "Tora Elde", 345});
    CHECK(writer->may_write);
    const auto reader = ask(*authenticator, "reader", "correct horse");
    REQUIRE(reader.has_value());
    CHECK(reader->actor == Actor{0, "reader", "reader", 0});
    CHECK_FALSE(reader->may_write);
}

TEST_CASE("wrong passwords and unknown users are rejected alike and cost one hash each",
          "[http][file_authenticator]") {
    const auto authenticator = make();
    struct Case {
        const char* user;
        const char* password;
    };
    std::uint64_t attempts = 0;
    for (const auto& wrong : {Case{"tje0", "tje0"}, Case{"tje0", "Tje0 "}, Case{"tje0", "correct horse"},
                              Case{"reader", "Tje0"}, Case{"Tje0", "Tje0"}, Case{"nobody", "Tje0"},
                              Case{"nobody", "correct horse"}, Case{"", "Tje0"}, Case{"tje0 ", "Tje0"}}) {
        CAPTURE(wrong.user, wrong.password);
        CHECK(failure_of(ask(*authenticator, wrong.user, wrong.password)) == Kind::rejected);
        CHECK(authenticator->hashes_computed() == ++attempts);
    }
}

TEST_CASE("an unknown user is rejected with another user's password", "[http][file_authenticator]") {
    const auto authenticator = make({}, users_text.substr(0, users_text.find('\n')));
    // There is one user, so that one's hash stands in, and the password does match it.
    CHECK(failure_of(ask(*authenticator, "nobody", "Tje0")) == Kind::rejected);
    CHECK(failure_of(ask(*authenticator, "nobody", "Tje0")) == Kind::rejected);
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("a verified password is accepted again without a hash, before the call returns",
          "[http][file_authenticator]") {
    const auto authenticator = make();
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    for (int again = 0; again < 10; ++again) {
        const auto outcome = start(*authenticator, "tje0", "Tje0");
        REQUIRE(answered(outcome));
    }
    CHECK(authenticator->hashes_computed() == 1);
    CHECK(failure_of(ask(*authenticator, "tje0", "tje0")) == Kind::rejected);
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("a wrong password is never remembered", "[http][file_authenticator]") {
    const auto authenticator = make();
    for (std::uint64_t attempt = 1; attempt <= 3; ++attempt) {
        CHECK(failure_of(ask(*authenticator, "tje0", "wrong")) == Kind::rejected);
        CHECK(authenticator->hashes_computed() == attempt);
    }
}

TEST_CASE("a verified password is hashed again after its time", "[http][file_authenticator]") {
    const auto clock = std::make_shared<testing::ManualSteadyClock>();
    FileAuthenticatorOptions options;
    options.remember = 60s;
    options.clock = clock;
    const auto authenticator = make(options);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    clock->advance(59'999ms);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    CHECK(authenticator->hashes_computed() == 1);
    clock->advance(1ms);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("no password is remembered when the option is off", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.remember = 0s;
    const auto authenticator = make(options);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    CHECK(authenticator->hashes_computed() == 2);
}

TEST_CASE("attempts beyond the queue's limit are answered busy", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 2;
    const auto authenticator = make(options);
    HeldThread held{*authenticator};
    auto first = start(*authenticator, "tje0", "Tje0");
    auto second = start(*authenticator, "tje0", "wrong");
    const auto third = ask(*authenticator, "reader", "correct horse");
    REQUIRE(failure_of(third) == Kind::busy);
    CHECK(third.error().retry_after >= 1s);
    CHECK_FALSE(answered(first));
    CHECK_FALSE(answered(second));

    held.release();
    CHECK(first.get().has_value());
    CHECK(failure_of(second.get()) == Kind::rejected);
    CHECK(ask(*authenticator, "reader", "correct horse").has_value());
}

TEST_CASE("remembered users are accepted while the queue is full", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 0;
    options.hashing_threads = 1;
    const auto busy = make(options);
    CHECK(failure_of(ask(*busy, "tje0", "Tje0")) == Kind::busy);

    options.hashing_queue = 1;
    const auto authenticator = make(options);
    REQUIRE(ask(*authenticator, "tje0", "Tje0").has_value());
    HeldThread held{*authenticator};
    const auto waiting = start(*authenticator, "reader", "wrong");
    CHECK(failure_of(ask(*authenticator, "reader", "correct horse")) == Kind::busy);
    CHECK(answered(start(*authenticator, "tje0", "Tje0")));
}

TEST_CASE("equal concurrent credentials are hashed once", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.hashing_queue = 1;
    const auto authenticator = make(options);
    std::vector<std::future<AuthenticationOutcome>> outcomes;
    {
        HeldThread held{*authenticator};
        for (int index = 0; index < 100; ++index)
            outcomes.push_back(start(*authenticator, "tje0", "Tje0"));
    }
    for (auto& outcome : outcomes)
        CHECK(outcome.get().has_value());
    CHECK(authenticator->hashes_computed() == 2); // the held thread's own attempt is the other one
}

TEST_CASE("waiting attempts are answered busy when the authenticator is destroyed",
          "[http][file_authenticator]") {
    std::vector<std::future<AuthenticationOutcome>> waiting;
    {
        auto authenticator = make();
        auto held = std::make_unique<HeldThread>(*authenticator);
        for (int index = 0; index < 5; ++index)
            waiting.push_back(start(*authenticator, "tje0", "guess " + std::to_string(index)));
        std::jthread destroyer{[&authenticator] { authenticator.reset(); }};
        held.reset();
    }
    for (auto& outcome : waiting) {
        REQUIRE(answered(outcome));
        // The thread may have taken some attempts before the stop.
        const auto kind = failure_of(outcome.get());
        CHECK((kind == Kind::busy || kind == Kind::rejected));
    }
}

TEST_CASE("text that can't be a password is rejected without a hash", "[http][file_authenticator]") {
    const auto authenticator = make();
    const std::string password =
        GENERATE(std::string{}, std::string(max_password_length + 1, 'x'), std::string("Tje0\0", 5),
                 std::string("Tje0\0x", 6), std::string{"Tje0\n"});
    const auto* const user = GENERATE("tje0", "nobody");
    const auto outcome = start(*authenticator, user, password);
    REQUIRE(answered(outcome));
    CHECK(authenticator->hashes_computed() == 0);
}

TEST_CASE("a file without users rejects everybody", "[http][file_authenticator]") {
    const auto authenticator = make({}, "# nobody\n");
    CHECK(authenticator->user_count() == 0);
    CHECK(failure_of(ask(*authenticator, "tje0", "Tje0")) == Kind::rejected);
}

TEST_CASE("many threads may authenticate at once", "[http][file_authenticator]") {
    FileAuthenticatorOptions options;
    options.hashing_threads = 2;
    options.remembered_credentials = 1;
    options.limits = {.failures_per_address = 0, .failures_per_name = 0};
    const auto authenticator = make(options);
    std::atomic<int> wrong_answers{0};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&] {
                for (int index = 0; index < 50; ++index) {
                    const bool right = index % 2 == 0;
                    const auto outcome = ask(*authenticator, index % 3 == 0 ? "tje0" : "reader",
                                             !right           ? "wrong"
                                             : index % 3 == 0 ? "Tje0"
                                                              : "correct horse");
                    if (outcome.has_value() != right)
                        ++wrong_answers;
                }
            });
    }
    CHECK(wrong_answers == 0);
}

TEST_CASE("an invalid users file fails the opening", "[http][file_authenticator]") {
    CHECK_FALSE(FileAuthenticator::open("no/such/users").has_value());
    const auto weak = FileAuthenticator::from_text("# one\ntje0:Tje0\n");
    REQUIRE_FALSE(weak.has_value());
    CHECK(weak.error().message().find("Line 2") != std::string::npos);
}

} // namespace file_authenticator_test
