#include "callers/known_browser.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace known_browser_test {

using namespace portrait::http;
using namespace std::chrono_literals;

namespace {

const SecretDigest key = sha256("a key");
constexpr std::chrono::sys_seconds now{1'800'000'000s};

} // namespace

TEST_CASE("a known browser's cookie is accepted for its user until it expires", "[http][known_browser]") {
    const auto value = known_browser_value(key, "anna", now + known_browser_lifetime);
    CHECK(value.size() == 10 + 1 + 43);
    CHECK(is_known_browser_value(key, "anna", value, now));
    CHECK(is_known_browser_value(key, "anna", value, now + known_browser_lifetime - 1s));
    CHECK_FALSE(is_known_browser_value(key, "anna", value, now + known_browser_lifetime));
    CHECK(known_browser_lifetime == std::chrono::days{90});
}

TEST_CASE("forged cookies of known browsers are refused", "[http][known_browser][hostile]") {
    const auto value = known_browser_value(key, "anna", now + 1h);
    const auto is_accepted = [](const std::string& text) {
        return is_known_browser_value(key, "anna", text, now);
    };
    REQUIRE(is_accepted(value));
    // Of another user, also of one whose name begins with a number or has a space.
    for (const auto* user : {"bert", "Anna", "ann", "annaa", "", " anna"})
        CHECK_FALSE(is_known_browser_value(key, user, value, now));
    CHECK_FALSE(is_known_browser_value(sha256("another key"), "anna", value, now));
    for (std::size_t length = 0; length < value.size(); ++length)
        CHECK_FALSE(is_accepted(value.substr(0, length)));
    for (std::size_t index = 0; index < value.size(); ++index) {
        auto changed = value;
        changed[index] = changed[index] == '7' ? '8' : '7';
        CHECK_FALSE(is_accepted(changed));
    }
    // A later expiry, and other notations of this one.
    const auto dot = value.find('.');
    for (const std::string& number :
         {std::string{"1999999999"}, "0" + value.substr(0, dot), "+" + value.substr(0, dot),
          " " + value.substr(0, dot), std::string{"99999999999999999999"}})
        CHECK_FALSE(is_accepted(number + value.substr(dot)));
    for (const std::string& text : {value + "=", value + "A", value + ";", "\"" + value + "\"",
                                    std::string{"."}, std::string(1U << 20U, '1')})
        CHECK_FALSE(is_accepted(text));
}

TEST_CASE("the cookie of a known browser has the session's attributes and its own lifetime",
          "[http][known_browser]") {
    Response response;
    set_known_browser_cookie(response, "v", {.secure = true});
    set_known_browser_cookie(response, "v", {});
    CHECK(response.fields[0].value ==
          "PORTRAIT_KNOWN=v; Path=/; SameSite=Lax; HttpOnly; Max-Age=7776000; Secure");
    CHECK(response.fields[1].value == "PORTRAIT_KNOWN=v; Path=/; SameSite=Lax; HttpOnly; Max-Age=7776000");
}

} // namespace known_browser_test
