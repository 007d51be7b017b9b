#include "users_file.hpp"

#include "text_file.hpp"

#include "support/catch.hpp"

#include <string>

namespace users_file_test {

using namespace portrait;
using namespace portrait::http;

namespace {

const std::string hash = "$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK";

std::string refusal(const std::string& text) {
    const auto users = parse_users(text);
    return users ? "accepted" : users.error().message();
}

bool tells(const std::string& message, std::string_view part) {
    return message.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a line of two columns, as htpasswd writes it, is a user who may write", "[http][users_file]") {
    const auto users = parse_users("tje0:" + hash + "\n");
    REQUIRE(users.has_value());
    REQUIRE(users->size() == 1);
    const auto& user = users->front();
    CHECK(user.principal.name == "tje0");
    CHECK(user.principal.actor == Actor{0, "tje0", "tje0", 0});
    CHECK(user.principal.may_write);
    CHECK(user.password_hash == hash);
    CHECK(user.line == 1);
}

TEST_CASE("the further columns describe the user", "[http][users_file]") {
    const auto users = parse_users("a:" + hash +
                                   ":12:Tora Jensen Elde:345:read\n"
                                   "b:" +
                                   hash +
                                   "::::read,write\n"
                                   "c d:" +
                                   hash +
                                   ":7:Bj\xC3\xB8rn\n"
                                   "e:" +
                                   hash + ":2147483647::2147483647:");
    REQUIRE(users.has_value());
    REQUIRE(users->size() == 4);
    CHECK(users->at(0).principal.actor == Actor{12, "a", "Tora Jensen Elde", 345});
    CHECK_FALSE(users->at(0).principal.may_write);
    CHECK(users->at(1).principal.actor == Actor{0, "b", "b", 0});
    CHECK(users->at(1).principal.may_write);
    CHECK(users->at(2).principal.actor == Actor{7, "c d", "Bj\xC3\xB8rn", 0});
    CHECK(users->at(3).principal.actor == Actor{2147483647, "e", "e", 2147483647});
}

TEST_CASE("comments, blank lines, CRLF and a byte order mark are skipped", "[http][users_file]") {
    const auto users = parse_users("\xEF\xBB\xBF# who may do what\r\n\r\n  \t\na:" + hash +
                                   "\r\n#b:plain\nc:" + hash + "::::read\r\n\n");
    REQUIRE(users.has_value());
    REQUIRE(users->size() == 2);
    CHECK(users->at(0).principal.name == "a");
    CHECK(users->at(0).password_hash == hash);
    CHECK(users->at(0).line == 4);
    CHECK(users->at(1).line == 6);
    CHECK_FALSE(users->at(1).principal.may_write);
}

TEST_CASE("an empty file has no users", "[http][users_file]") {
    CHECK(parse_users("")->empty());
    CHECK(parse_users("# nobody yet\n\n")->empty());
}

TEST_CASE("weak hashes are refused with the number of their line and not its content", "[http][users_file]") {
    const std::string weak =
        GENERATE(std::string{"secret"}, std::string{"{SHA}3w9/Yk2Cu0Ae0PZVhS3n0kRcaVk="},
                 std::string{"$apr1$abcdefgh$kPc1hE1pQ9c5zLbJYyQnT1"}, std::string{"abJnggxhB/yWI"},
                 std::string{"$1$abcdefgh$irWbblnpmw.5z7wgBnprh0"});
    const auto message = refusal("# users\na:" + hash + "\nvictim:" + weak + "\n");
    CAPTURE(message);
    CHECK(tells(message, "Line 3"));
    CHECK(tells(message, "weak"));
    CHECK_FALSE(tells(message, weak));
    CHECK_FALSE(tells(message, "victim"));
}

TEST_CASE("a hash that costs too much is refused with its line, its user and the bound",
          "[http][users_file][hostile]") {
    const std::string costly = "$2y$18$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
    const auto message = refusal("a:" + hash + "\nold:" + costly + ":2::0:read\n");
    CHECK(message ==
          "Line 2 of the users file: the password hash of old costs too much time: it has bcrypt's cost "
          "18, and at most 13 is accepted");
}

TEST_CASE("invalid lines are refused with their number and reason", "[http][users_file]") {
    struct Case {
        std::string line;
        std::string_view reason;
    };
    const auto wrong = GENERATE(values<Case>({
        {"justaname", "begin with name:hash"},
        {":" + hash, "begin with name:hash"},
        {"b:", "begin with name:hash"},
        {"b:" + hash.substr(0, 40), "cut off"},
        {"b:" + hash + ":x", "associate id"},
        {"b:" + hash + ":-1", "associate id"},
        {"b:" + hash + ":2147483648", "associate id"},
        {"b:" + hash + ": 1", "associate id"},
        {"b:" + hash + ":1:full:1.5", "person id"},
        {"b:" + hash + ":1:full:1:write", "rights"},
        {"b:" + hash + ":1:full:1:read, write", "rights"},
        {"b:" + hash + ":1:full:1:read:more", "more than the columns name:hash:"},
        {"a:" + hash, "earlier line"},
        {"b\x01:" + hash, "control characters"},
        {"b\xC3:" + hash, "UTF-8"},
        {std::string(256, 'b') + ":" + hash, "255 bytes"},
        {"b:" + hash + ":1:" + std::string(256, 'f'), "255 bytes"},
        {"b:" + hash + ":1:" + std::string(max_account_line, 'f'), "4096 bytes"},
    }));
    const auto message = refusal("a:" + hash + "\n" + wrong.line + "\n");
    CAPTURE(wrong.line, message);
    CHECK(tells(message, "Line 2"));
    CHECK(tells(message, wrong.reason));
}

TEST_CASE("a users file that is too large is refused", "[http][users_file]") {
    CHECK(tells(refusal(std::string(max_account_file_bytes + 1, '\n')), "4194304"));
    CHECK(refusal(std::string(max_account_file_bytes, '\n')) == "accepted");
}

TEST_CASE("the error of a missing users file has no path", "[http][users_file]") {
    const auto text = read_text_file("no/such/folder/users", "users file");
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().message() == "The users file does not exist");
    CHECK(tells(text.error().cause(), "no/such/folder/users"));
}

TEST_CASE("a folder is refused as a users file", "[http][users_file]") {
    const auto text = read_text_file(".", "users file");
    REQUIRE_FALSE(text.has_value());
    CHECK(tells(text.error().message(), "not a regular file"));
}

} // namespace users_file_test
