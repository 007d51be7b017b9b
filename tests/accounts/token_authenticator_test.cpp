#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace token_authenticator_test {

using namespace portrait;
using namespace portrait::http;
using portrait::testing::ManualClock;
using portrait::testing::TemporaryFolder;

namespace {

std::optional<Principal> ask(Authenticator& authenticator, Credentials credentials) {
    std::optional<AuthenticationOutcome> outcome;
    authenticator.authenticate(std::move(credentials), "192.0.2.1",
                               [&](AuthenticationOutcome answer) { outcome = std::move(answer); });
    REQUIRE(outcome);
    if (*outcome)
        return **outcome;
    CHECK(outcome->error().kind == AuthenticationFailure::Kind::rejected);
    return std::nullopt;
}

AddedToken add(const std::filesystem::path& path, const std::string& name, TokenScheme scheme,
               std::optional<std::chrono::sys_days> last_day = {}) {
    TokenEntry entry;
    entry.name = name;
    entry.scheme = scheme;
    entry.last_day = last_day;
    return add_token(path, entry).value();
}

std::unique_ptr<TokenAuthenticator> open(const std::filesystem::path& path,
                                         std::vector<std::string>* faults = nullptr,
                                         std::shared_ptr<const Clock> clock = nullptr) {
    TokenAuthenticatorOptions options;
    options.watch = std::chrono::milliseconds{0};
    options.clock = std::move(clock);
    if (faults != nullptr)
        options.on_fault = [faults](const Error& error) { faults->push_back(error.message()); };
    return TokenAuthenticator::open(path, options).value();
}

} // namespace

TEST_CASE("a token authenticates by its own scheme only", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto bearer = add(folder / "tokens", "program", TokenScheme::bearer);
    const auto ticket = add(folder / "tokens", "anna", TokenScheme::so_ticket);
    const auto authenticator = open(folder / "tokens");
    CHECK(authenticator->token_count() == 2);
    CHECK(ask(*authenticator, BearerCredentials{bearer.token})->name == "program");
    CHECK(ask(*authenticator, TicketCredentials{ticket.token})->name == "anna");
    CHECK_FALSE(ask(*authenticator, TicketCredentials{bearer.token}));
    CHECK_FALSE(ask(*authenticator, BearerCredentials{ticket.token}));
    CHECK_FALSE(ask(*authenticator, BearerCredentials{""}));
    CHECK_FALSE(ask(*authenticator, BearerCredentials{bearer.token + " "}));
    CHECK_FALSE(ask(*authenticator, BearerCredentials{bearer.token.substr(3)}));
    CHECK_FALSE(ask(*authenticator, BasicCredentials{"program", bearer.token}));
}

TEST_CASE("a token is valid until its last day ends", "[http][tokens]") {
    const TemporaryFolder folder;
    // The clock stands at 2023-11-14 22:13:20.
    const auto clock = std::make_shared<ManualClock>();
    const auto token = add(folder / "tokens", "program", TokenScheme::bearer, parse_day("2023-11-14"));
    const auto authenticator = open(folder / "tokens", nullptr, clock);
    clock->advance(std::chrono::hours{1} + std::chrono::minutes{46} + std::chrono::seconds{39});
    CHECK(ask(*authenticator, BearerCredentials{token.token}));
    clock->advance(std::chrono::seconds{1});
    CHECK_FALSE(ask(*authenticator, BearerCredentials{token.token}));
}

TEST_CASE("tokens are added and removed when the file changes", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto authenticator = open(folder / "tokens");
    CHECK(authenticator->token_count() == 0);
    const auto first = add(folder / "tokens", "first", TokenScheme::bearer);
    CHECK_FALSE(ask(*authenticator, BearerCredentials{first.token}));
    authenticator->refresh();
    CHECK(ask(*authenticator, BearerCredentials{first.token}));
    const auto second = add(folder / "tokens", "second", TokenScheme::bearer);
    REQUIRE(revoke_token(folder / "tokens", first.description.id).value());
    authenticator->refresh();
    CHECK_FALSE(ask(*authenticator, BearerCredentials{first.token}));
    CHECK(ask(*authenticator, BearerCredentials{second.token}));
    std::filesystem::remove(folder / "tokens");
    authenticator->refresh();
    CHECK_FALSE(ask(*authenticator, BearerCredentials{second.token}));
}

TEST_CASE("a token file that becomes invalid changes nothing and is reported once", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto token = add(folder / "tokens", "program", TokenScheme::bearer);
    std::vector<std::string> faults;
    const auto authenticator = open(folder / "tokens", &faults);
    {
        std::ofstream file{folder / "tokens", std::ios::app};
        file << "rubbish\n";
    }
    authenticator->refresh();
    authenticator->refresh();
    CHECK(faults.size() == 1);
    CHECK(faults.front().find("Line 2") != std::string::npos);
    CHECK(ask(*authenticator, BearerCredentials{token.token}));
    CHECK_FALSE(TokenAuthenticator::open(folder / "tokens").has_value());
}

TEST_CASE("a token file that others can change, or of another owner, is refused", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto path = folder / "tokens";
    const auto token = add(path, "program", TokenScheme::bearer);
    std::vector<std::string> faults;
    const auto authenticator = open(path, &faults);
    for (const mode_t mode : {0602U, 0666U}) {
        CAPTURE(mode);
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        const auto opened = TokenAuthenticator::open(path);
        REQUIRE(!opened);
        CHECK(opened.error() == errc::file_invalid);
        CHECK(opened.error().message().find("chmod") != std::string::npos);
    }
    // Nor is it applied while the authenticator works.
    std::ofstream{path} << "";
    authenticator->refresh();
    CHECK(faults.size() == 1);
    CHECK(ask(*authenticator, BearerCredentials{token.token}));
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    CHECK(TokenAuthenticator::open(path).has_value());
    if (::geteuid() == 0) { // only root can change the owner
        REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
        CHECK_FALSE(TokenAuthenticator::open(path).has_value());
    }
}

TEST_CASE("the watching thread detects a changed token file", "[http][tokens]") {
    const TemporaryFolder folder;
    std::mutex mutex;
    std::condition_variable told;
    bool fault = false;
    TokenAuthenticatorOptions options;
    options.watch = std::chrono::milliseconds{1};
    options.on_fault = [&](const Error&) {
        const std::lock_guard lock{mutex};
        fault = true;
        told.notify_all();
    };
    const auto authenticator = TokenAuthenticator::open(folder / "tokens", options).value();
    std::ofstream{folder / "tokens"} << "rubbish\n";
    std::unique_lock lock{mutex};
    CHECK(told.wait_for(lock, std::chrono::minutes{1}, [&] { return fault; }));
}

TEST_CASE("a composite authenticator uses one for passwords and one for tokens", "[http][authenticator]") {
    class Named final : public Authenticator {
    public:
        explicit Named(std::string name)
            : name_{std::move(name)} {}
        void authenticate(Credentials, std::string_view,
                          std::function<void(AuthenticationOutcome)> done) override {
            done(Principal{name_, {}, true});
        }

    private:
        std::string name_;
    };
    CompositeAuthenticator both{std::make_shared<Named>("passwords"), std::make_shared<Named>("tokens")};
    CHECK(ask(both, BasicCredentials{"a", "b"})->name == "passwords");
    CHECK(ask(both, TicketCredentials{"t"})->name == "tokens");
    CHECK(ask(both, BearerCredentials{"t"})->name == "tokens");
    CompositeAuthenticator nobody{nullptr, nullptr};
    CHECK_FALSE(ask(nobody, BasicCredentials{"a", "b"}));
    CHECK_FALSE(ask(nobody, BearerCredentials{"t"}));
}

} // namespace token_authenticator_test
