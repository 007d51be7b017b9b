#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>

#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace token_file_test {

using namespace portrait;
using namespace portrait::http;
using portrait::testing::mode_of;
using portrait::testing::TemporaryFolder;

namespace {

const std::string digest(64, 'a');

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    REQUIRE(file.good());
}

TokenEntry entry_for(std::string name) {
    TokenEntry entry;
    entry.name = std::move(name);
    return entry;
}

} // namespace

TEST_CASE("a new token is listed without its secret", "[http][tokens]") {
    const TemporaryFolder folder;
    auto entry = entry_for("crm sync");
    entry.scheme = TokenScheme::so_ticket;
    entry.may_write = false;
    entry.last_day = parse_day("2027-01-31");
    const auto added = add_token(folder / "tokens", entry);
    REQUIRE(added.has_value());
    CHECK(added->token.size() == 46);
    CHECK(added->token.starts_with("7T:"));
    CHECK(mode_of(folder / "tokens") == 0600);
    CHECK(text_of(folder / "tokens").find(added->token.substr(3)) == std::string::npos);

    const auto listed = list_tokens(folder / "tokens");
    REQUIRE(listed.has_value());
    REQUIRE(listed->size() == 1);
    const auto& token = listed->front();
    CHECK(token.id == added->description.id);
    CHECK(token.scheme == TokenScheme::so_ticket);
    CHECK(token.principal.name == "crm sync");
    CHECK(token.principal.actor.associate_id == 1);
    CHECK(token.principal.actor.full_name == "crm sync");
    CHECK_FALSE(token.principal.may_write);
    REQUIRE(token.last_day);
    CHECK(format_day(*token.last_day) == "2027-01-31");
}

TEST_CASE("a token has the rights and ids of its user", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto hash = hash_password("secret").value();
    write(folder / "users", "anna:" + hash + ":7:Anna Berg:12\nreader:" + hash + ":9:::read\n");
    auto entry = entry_for("anna");
    entry.users_file = folder / "users";
    const auto anna = add_token(folder / "tokens", entry);
    REQUIRE(anna.has_value());
    CHECK(anna->token.starts_with("8A:"));
    const auto& actor = anna->description.principal.actor;
    CHECK(actor.associate_id == 7);
    CHECK(actor.full_name == "Anna Berg");
    CHECK(actor.person_id == 12);

    entry.name = "reader";
    CHECK_FALSE(add_token(folder / "tokens", entry)->description.principal.may_write);
    entry.name = "program";
    CHECK(add_token(folder / "tokens", entry)->description.principal.actor.associate_id == 10);
    CHECK(add_token(folder / "tokens", entry)->description.principal.actor.associate_id == 10);
    entry.name = "other";
    CHECK(add_token(folder / "tokens", entry)->description.principal.actor.associate_id == 11);
    entry.associate_id = 3;
    entry.full_name = "Somebody";
    const auto told = add_token(folder / "tokens", entry);
    CHECK(told->description.principal.actor.associate_id == 3);
    CHECK(told->description.principal.actor.full_name == "Somebody");
}

TEST_CASE("revoking removes one line and keeps the others", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto path = folder / "tokens";
    write(path, "# ours\r\n\r\na1:Bearer:" + digest + ":first");
    const auto added = add_token(path, entry_for("second"));
    REQUIRE(added.has_value());
    CHECK(list_tokens(path)->size() == 2);
    CHECK(revoke_token(path, added->description.id).value());
    CHECK(text_of(path) == "# ours\r\n\r\na1:Bearer:" + digest + ":first\n");
    CHECK_FALSE(revoke_token(path, added->description.id).value());
    CHECK_FALSE(revoke_token(path, "").value());
    CHECK(revoke_token(path, "a1").value());
    CHECK(list_tokens(path)->empty());
    CHECK(text_of(path) == "# ours\r\n\r\n");
}

TEST_CASE("a missing file has no tokens, and revoking creates no file", "[http][tokens]") {
    const TemporaryFolder folder;
    CHECK(list_tokens(folder / "tokens")->empty());
    CHECK_FALSE(revoke_token(folder / "tokens", "a1").value());
    CHECK_FALSE(std::filesystem::exists(folder / "tokens"));
}

TEST_CASE("an error has the line's number and not its content", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto line = GENERATE_COPY(
        as<std::string>{}, "a1", "a1:Bearer", "a1:Bearer:" + digest, "a1:Bearer:" + digest + ":",
        ":Bearer:" + digest + ":n", "a 1:Bearer:" + digest + ":n",
        std::string(33, 'a') + ":Bearer:" + digest + ":n", "a1:bearer:" + digest + ":n",
        "a1:Basic:" + digest + ":n", "a1:Bearer:" + digest.substr(1) + ":n",
        "a1:Bearer:" + std::string(64, 'A') + ":n", "a1:Bearer:" + digest + ":n:x",
        "a1:Bearer:" + digest + ":n:-1", "a1:Bearer:" + digest + ":n:2147483648",
        "a1:Bearer:" + digest + ":n:1::x", "a1:Bearer:" + digest + ":n:1:::write",
        "a1:Bearer:" + digest + ":n:1:::read:tomorrow", "a1:Bearer:" + digest + ":n:1:::read:2027-02-29",
        "a1:Bearer:" + digest + ":n:1:::read:2027-1-1",
        "a1:Bearer:" + digest + ":n:1:::read:never:", "a1:Bearer:" + digest + ":" + std::string(256, 'n'),
        "a1:Bearer:" + digest + ":n\x01", "a1:Bearer:" + digest + ":\xFF", "ok:Bearer:" + digest + ":n",
        "a1:Bearer:" + std::string(64, 'b') + ":n", "a1:Bearer:" + digest + ":" + std::string(4096, ':'));
    CAPTURE(line);
    write(folder / "tokens", "ok:Bearer:" + std::string(64, 'b') + ":n\n" + line + "\n");
    const auto listed = list_tokens(folder / "tokens");
    REQUIRE_FALSE(listed.has_value());
    CHECK(listed.error() == errc::file_invalid);
    CHECK(listed.error().message().starts_with("Line 2 of the token file: "));
    CHECK(listed.error().message().find("aaaa") == std::string::npos);
    CHECK_FALSE(add_token(folder / "tokens", entry_for("x")).has_value());
    CHECK_FALSE(revoke_token(folder / "tokens", "ok").has_value());
}

TEST_CASE("names that can't be a column are refused", "[http][tokens]") {
    const TemporaryFolder folder;
    const auto name = GENERATE(as<std::string>{}, "", "  ", "a:b", "a\nb", "\xFF", std::string(256, 'a'));
    CHECK_FALSE(add_token(folder / "tokens", entry_for(name)).has_value());
    CHECK_FALSE(std::filesystem::exists(folder / "tokens"));
}

TEST_CASE("associate ids run out", "[http][tokens]") {
    const TemporaryFolder folder;
    auto entry = entry_for("last");
    entry.associate_id = std::numeric_limits<std::int32_t>::max();
    CHECK(add_token(folder / "tokens", entry).has_value());
    CHECK_FALSE(add_token(folder / "tokens", entry_for("another")).has_value());
    CHECK(add_token(folder / "tokens", entry_for("last")).has_value());
}

TEST_CASE("tokens added concurrently are all in the file", "[http][tokens]") {
    const TemporaryFolder folder;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&, number] {
            for (int round = 0; round < 5; ++round)
                (void)add_token(folder / "tokens", entry_for("p" + std::to_string(number)));
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(list_tokens(folder / "tokens")->size() == 20);
}

TEST_CASE("days have one format", "[http][tokens]") {
    CHECK(format_day(parse_day("2028-02-29").value()) == "2028-02-29");
    CHECK(format_day(parse_day("0001-01-01").value()) == "0001-01-01");
    for (const auto* wrong : {"", "2027-02-30", "2027-13-01", "2027-00-10", "27-01-01", "2027/01/01",
                              "2027-01-01Z", "+027-01-01", "2027-01- 1", "2027-01-1", "never"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_day(wrong));
    }
}

} // namespace token_file_test
