#include "failing_memory.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace sign_in_without_memory_test {

using namespace portrait::http;
using namespace portrait::testing;

namespace {

// A cheap hash of "Tje0".
const std::string users =
    "tje0:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni:12:Tora Elde:345\n";

/// The outcome of one call, which must come once, on any thread, within ten seconds.
class Answer {
public:
    std::function<void(AuthenticationOutcome)> completion() {
        return [this](AuthenticationOutcome outcome) {
            if (given_.exchange(true))
                std::abort(); // the second one; Catch's macros need memory
            outcome_.emplace(std::move(outcome));
            ready_ = true;
        };
    }
    bool waited() const {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (!ready_ && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::microseconds{50});
        return ready_;
    }
    bool given() const { return given_; }
    const AuthenticationOutcome& outcome() const { return *outcome_; }

private:
    std::atomic<bool> given_{false};
    std::atomic<bool> ready_{false};
    std::optional<AuthenticationOutcome> outcome_;
};

} // namespace

TEST_CASE("a sign-in without memory is answered once or refused by bad_alloc", "[memory][accounts]") {
    const auto* const password = GENERATE("Tje0", "wrong");
    const bool is_right = std::string_view{password} == "Tje0";
    for_each_fault(
        is_right ? "a sign-in" : "a sign-in with a wrong password", 1, FailingThreads::all,
        [&](Fault& fault) {
            const auto authenticator = FileAuthenticator::from_text(users).value();
            Answer first;
            const auto called = fault.during([&] {
                try {
                    authenticator->authenticate(BasicCredentials{"tje0", password}, "192.0.2.1",
                                                first.completion());
                } catch (const std::runtime_error&) { // OpenSSL doesn't say what it lacks
                    throw std::bad_alloc{};
                }
                return first.waited();
            });
            CHECK(called.value_or(true));
            if (first.given() &&
                (first.outcome() || first.outcome().error().kind == AuthenticationFailure::Kind::rejected))
                CHECK(first.outcome().has_value() == is_right);
            Answer second;
            authenticator->authenticate(BasicCredentials{"tje0", "Tje0"}, "192.0.2.1", second.completion());
            REQUIRE(second.waited());
            CHECK(second.outcome().has_value());
        });
}

} // namespace sign_in_without_memory_test
