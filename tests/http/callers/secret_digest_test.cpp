
#include "support/catch.hpp"

#include <portrait/http/secret_digest.hpp>

#include <set>
#include <string>

namespace secret_digest_test {

using namespace portrait::http;

TEST_CASE("SHA-256 and HMAC-SHA-256 match the standards' examples", "[http][secrets]") {
    CHECK(hexadecimal(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2, its key padded with zeros to our key's size, which means the same.
    SecretDigest key{'J', 'e', 'f', 'e'};
    CHECK(hexadecimal(hmac_sha256(key, "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("hexadecimal digits make a round trip, and other text is refused", "[http][secrets]") {
    const auto digest = sha256("x");
    CHECK(parse_hexadecimal(hexadecimal(digest)) == digest);
    auto text = hexadecimal(digest);
    CHECK_FALSE(parse_hexadecimal(text.substr(1)));
    CHECK_FALSE(parse_hexadecimal(text + "00"));
    text[5] = 'A';
    CHECK_FALSE(parse_hexadecimal(text));
    text[5] = 'g';
    CHECK_FALSE(parse_hexadecimal(text));
}

TEST_CASE("base64url of 32 bytes has 43 characters", "[http][secrets]") {
    SecretDigest bytes{};
    CHECK(base64url(bytes) == std::string(43, 'A'));
    bytes.fill(0xFF);
    CHECK(base64url(bytes) == std::string(42, '_') + "8");
    bytes = {0x01, 0x02, 0x03, 0xFB, 0xEF, 0xBE};
    CHECK(base64url(bytes).substr(0, 8) == "AQID----");
}

TEST_CASE("fresh secrets differ", "[http][secrets]") {
    std::set<std::string> secrets;
    for (int count = 0; count < 100; ++count)
        secrets.insert(random_secret());
    CHECK(secrets.size() == 100);
    CHECK(secrets.begin()->size() == 43);
}

TEST_CASE("secrets are equal when every byte is", "[http][secrets]") {
    CHECK(equal_secrets(std::string_view{"abc"}, std::string_view{"abc"}));
    CHECK_FALSE(equal_secrets(std::string_view{"abc"}, std::string_view{"abd"}));
    CHECK_FALSE(equal_secrets(std::string_view{"abc"}, std::string_view{"ab"}));
    CHECK(equal_secrets(std::string_view{}, std::string_view{}));
    CHECK_FALSE(equal_secrets(sha256("a"), sha256("b")));
}

} // namespace secret_digest_test
