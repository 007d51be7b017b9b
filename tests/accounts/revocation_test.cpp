#include "support/catch.hpp"
#include "support/every_descriptor.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

namespace revocation_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::EveryDescriptor;
using portrait::testing::TemporaryFolder;

namespace {

const std::string anna = "anna:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni\n";
const std::string eve = "eve:$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni\n";

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file} << text;
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
}

std::unique_ptr<FileAuthenticator> open_users(const std::filesystem::path& file,
                                              std::chrono::milliseconds watch = 1ms) {
    FileAuthenticatorOptions options;
    options.watch = watch;
    return FileAuthenticator::open(file, options).value();
}

/// With its first token, and a file beside it that has that one revoked.
struct Tokens {
    Tokens() {
        TokenEntry entry;
        entry.name = "eve";
        entry.scheme = TokenScheme::bearer;
        const auto added = add_token(file, entry).value();
        token = added.token;
        std::filesystem::copy_file(file, revoked);
        REQUIRE(revoke_token(revoked, added.description.id).value());
    }

    TemporaryFolder folder;
    std::filesystem::path file = folder / "tokens";
    std::filesystem::path revoked = folder / "tokens.new";
    std::string token;
};

bool is_good(TokenAuthenticator& authenticator, const std::string& token) {
    std::optional<AuthenticationOutcome> outcome;
    authenticator.authenticate(BearerCredentials{token}, "192.0.2.1",
                               [&](AuthenticationOutcome answer) { outcome = std::move(answer); });
    return outcome && outcome->has_value();
}

} // namespace

TEST_CASE("a user removed while no descriptor is left is rejected after the next check",
          "[http][revocation]") {
    const TemporaryFolder folder;
    const auto file = folder / "users";
    write(file, anna + eve);
    write(folder / "users.new", anna);
    const auto authenticator = open_users(file);
    REQUIRE(authenticator->user_count() == 2);
    const EveryDescriptor taken;
    std::filesystem::rename(folder / "users.new", file);
    CHECK(eventually([&] { return authenticator->user_count() == 1; }));
}

TEST_CASE("a user removed while no descriptor is left is rejected after refresh", "[http][revocation]") {
    const TemporaryFolder folder;
    const auto file = folder / "users";
    write(file, anna + eve);
    write(folder / "users.new", anna);
    const auto authenticator = open_users(file, 0ms);
    const EveryDescriptor taken;
    std::filesystem::rename(folder / "users.new", file);
    authenticator->refresh();
    CHECK(authenticator->user_count() == 1);
}

TEST_CASE("a token revoked while no descriptor is left is rejected after the next check",
          "[http][revocation]") {
    const Tokens tokens;
    TokenAuthenticatorOptions options;
    options.watch = 1ms;
    const auto authenticator = TokenAuthenticator::open(tokens.file, options).value();
    REQUIRE(is_good(*authenticator, tokens.token));
    const EveryDescriptor taken;
    std::filesystem::rename(tokens.revoked, tokens.file);
    CHECK(eventually([&] { return !is_good(*authenticator, tokens.token); }));
}

TEST_CASE("a token revoked while no descriptor is left is rejected after refresh", "[http][revocation]") {
    const Tokens tokens;
    TokenAuthenticatorOptions options;
    options.watch = 0ms;
    const auto authenticator = TokenAuthenticator::open(tokens.file, options).value();
    const EveryDescriptor taken;
    std::filesystem::rename(tokens.revoked, tokens.file);
    authenticator->refresh();
    CHECK_FALSE(is_good(*authenticator, tokens.token));
}

TEST_CASE("a user removed in place is rejected though the file's size and time stay", "[http][revocation]") {
    const TemporaryFolder folder;
    const auto file = folder / "users";
    write(file, anna + eve);
    const auto authenticator = open_users(file);
    REQUIRE(authenticator->user_count() == 2);
    struct stat before {};
    REQUIRE(::stat(file.c_str(), &before) == 0);
    {
        std::fstream stream{file, std::ios::in | std::ios::out};
        stream.seekp(static_cast<std::streamoff>(anna.size()));
        stream << '#';
    }
    const timespec times[]{before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    CHECK(eventually([&] { return authenticator->user_count() == 1; }));
}

TEST_CASE("users of a text are replaced at once, and their remembered passwords forgotten", "[revocation]") {
    const auto authenticator = FileAuthenticator::from_text(anna + eve).value();
    const auto ask = [&](const char* name) {
        std::promise<bool> accepted;
        authenticator->authenticate(
            BasicCredentials{name, "Tje0"}, "192.0.2.1",
            [&](const AuthenticationOutcome& outcome) { accepted.set_value(outcome.has_value()); });
        return accepted.get_future().get();
    };
    REQUIRE(ask("anna"));
    REQUIRE(ask("eve"));
    REQUIRE(authenticator->replace(anna));
    CHECK(ask("anna"));
    CHECK_FALSE(ask("eve"));
    CHECK(authenticator->replace("eve:plain").error() == errc::file_invalid);
    CHECK(ask("anna"));
    UserEntry changed;
    changed.name = "anna";
    changed.password_hash = hash_password("other").value();
    const auto other = with_user(anna, changed).value();
    CHECK_FALSE(other.saved.added);
    REQUIRE(authenticator->replace(other.text));
    CHECK_FALSE(ask("anna"));
}

TEST_CASE("tokens of a text are replaced at once", "[revocation]") {
    TokenEntry entry;
    entry.name = "anna";
    const auto with = with_token("# tokens\n", anna, entry).value();
    const auto authenticator = TokenAuthenticator::from_text(with.text).value();
    const auto accepts = [&] {
        bool accepted = false;
        authenticator->authenticate(
            BearerCredentials{with.added.token}, "192.0.2.1",
            [&](const AuthenticationOutcome& outcome) { accepted = outcome.has_value(); });
        return accepted;
    };
    CHECK(accepts());
    CHECK(tokens_in(with.text).value().size() == 1);
    CHECK(without_token(with.text, "nobody").value() == std::nullopt);
    const auto without = without_token(with.text, with.added.description.id).value();
    REQUIRE(without == "# tokens\n");
    REQUIRE(authenticator->replace(*without));
    CHECK_FALSE(accepts());
    CHECK(authenticator->token_count() == 0);
    CHECK(authenticator->replace("a line").error() == errc::file_invalid);
}

} // namespace revocation_test
