#include "password_hash.hpp"

#include "support/catch.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <array>
#include <string>

#include <crypt.h>

namespace password_hash_test {

using namespace portrait;
using namespace portrait::http;

namespace {

// As `htpasswd -nbB` writes it, of "correct horse".
constexpr auto bcrypt = "$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK";
// All three of "Tje0".
constexpr auto cheap_bcrypt = "$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni";
constexpr auto yescrypt = "$y$j75$SRaIuD462TcxWvA0HgZUB0$doXdb6XM3Tb5PUQv/WbuJ5T2nLNxKWdQls/g/4LdCc6";
constexpr auto sha512 =
    "$6$rounds=1000$zuBIjdYX1iEMd1eF$68dxC1Y3Ji1DpVI9o9XehXZ3Q2BaTtjvLjFaABjmfVMr..1NBz3F14hTa/."
    "kgrpUgF3DatbeUSXXRsGKHMlTP/";

} // namespace

TEST_CASE("a password is verified against hashes of every strong kind", "[http][password_hash]") {
    PasswordHasher hasher;
    CHECK(hasher.verify("correct horse", bcrypt).value());
    CHECK_FALSE(hasher.verify("correct horsf", bcrypt).value());
    const auto* const hash = GENERATE(cheap_bcrypt, yescrypt, sha512);
    CAPTURE(hash);
    CHECK(password_hash_fault(hash).empty());
    CHECK(hasher.verify("Tje0", hash).value());
    CHECK_FALSE(hasher.verify("tje0", hash).value());
    CHECK_FALSE(hasher.verify("Tje0 ", hash).value());
    CHECK_FALSE(hasher.verify("", hash).value());
}

TEST_CASE("weak, unknown and cut off hashes have a fault", "[http][password_hash]") {
    const auto* const hash =
        GENERATE("", "Tje0", "{SHA}3w9/Yk2Cu0Ae0PZVhS3n0kRcaVk=", "$apr1$abcdefgh$kPc1hE1pQ9c5zLbJYyQnT1",
                 "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0", "abJnggxhB/yWI", "*", "!", "x", "$2y$05$", "$y$j9T$",
                 "$6$salt$", "$99$salt$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
    CAPTURE(hash);
    CHECK_FALSE(password_hash_fault(hash).empty());
    CHECK_FALSE(password_hash_fault(std::string{bcrypt}.substr(0, 59)).empty());
    CHECK_FALSE(password_hash_fault(std::string{yescrypt}.substr(0, 60)).empty());
    CHECK_FALSE(password_hash_fault(std::string{bcrypt} + "x").empty());
}

TEST_CASE("hashes that cost far more time than the product's own have a fault",
          "[http][password_hash][hostile]") {
    // Salt and digest of any hash: only the cost is judged.
    const std::string bcrypt_rest = "$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
    const std::string digest(43, 'a');
    const std::string long_digest(86, 'a');
    const auto fault = [](const std::string& hash) {
        const std::string of_kind{password_hash_fault(hash)};
        return of_kind.empty() ? password_cost_fault(hash) : of_kind;
    };
    const auto is_costly = [&](const std::string& hash) {
        return fault(hash).find("costs too much time") != std::string::npos;
    };
    for (const std::string kind : {"$2y$", "$2b$", "$2a$"}) {
        for (const std::string cost : {"04", "05", "10", "12", "13"})
            CHECK(fault(kind + cost + bcrypt_rest).empty());
        for (const std::string cost : {"14", "15", "18", "31"})
            CHECK(is_costly(kind + cost + bcrypt_rest));
    }
    for (const std::string rounds : {"", "rounds=1000$", "rounds=5000$", "rounds=656000$", "rounds=1000000$"})
        CHECK(fault("$6$" + rounds + "abcdefgh$" + long_digest).empty());
    for (const std::string rounds : {"rounds=1000001$", "rounds=999999999$"})
        CHECK(is_costly("$6$" + rounds + "abcdefgh$" + long_digest));
    for (const std::string kind : {"$y$", "$gy$"}) {
        for (const std::string cost : {"j75", "j8T", "j9T", "jBT"})
            CHECK(fault(kind + cost + "$abcdefgh$" + digest).empty());
        // A larger N, a larger r, more passes.
        for (const std::string cost : {"jCT", "jFT", "jVT", "j9zzz", "j9T2w", "j9T/.", "zzzzzzzz"})
            CHECK_FALSE(fault(kind + cost + "$abcdefgh$" + digest).empty());
        CHECK(is_costly(kind + "jFT$abcdefgh$" + digest));
    }
    for (const std::string cost : {"CU..../....", "BU..../....", "C6..../....", "A6....0...."})
        CHECK(fault("$7$" + cost + "abcdefgh$" + digest).empty());
    // A larger N, r or p.
    for (const std::string cost : {"DU..../....", "SU..../....", "C..../.....", "CU.....zzzz", "zzzzzzzzzzz"})
        CHECK_FALSE(fault("$7$" + cost + "abcdefgh$" + digest).empty());
    CHECK(is_costly("$7$DU..../....abcdefgh$" + digest));
}

TEST_CASE("a hash of the default cost of each kind is accepted and verified", "[http][password_hash]") {
    PasswordHasher hasher;
    for (const auto* kind : {"$y$", "$gy$", "$7$", "$2b$", "$2y$", "$2a$", "$6$"}) {
        CAPTURE(kind);
        std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
        REQUIRE(crypt_gensalt_rn(kind, 0, nullptr, 0, setting.data(), static_cast<int>(setting.size())) !=
                nullptr);
        const std::string hash{hasher.hash("Tje0", setting.data()).value()};
        CHECK(password_hash_fault(hash).empty());
        CHECK(password_cost_fault(hash).empty());
        CHECK(hasher.verify("Tje0", hash).value());
    }
}

TEST_CASE("a failure of libxcrypt is an error with its cause", "[http][password_hash]") {
    PasswordHasher hasher;
    const auto failed = hasher.verify("Tje0", "{SHA}x");
    REQUIRE_FALSE(failed.has_value());
    CHECK_FALSE(failed.error().cause().empty());
    CHECK_FALSE(hasher.verify(std::string(max_password_length + 1, 'x'), bcrypt).has_value());
}

TEST_CASE("a new hash is a salted yescrypt that verifies only its password", "[http][password_hash]") {
    const auto first = hash_password("bl\xC3\xA5 b\xC3\xA6r");
    const auto second = hash_password("bl\xC3\xA5 b\xC3\xA6r");
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first->starts_with("$y$"));
    CHECK(*first != *second);
    CHECK(password_hash_fault(*first).empty());
    PasswordHasher hasher;
    CHECK(hasher.verify("bl\xC3\xA5 b\xC3\xA6r", *first).value());
    CHECK_FALSE(hasher.verify("bla bar", *first).value());
}

TEST_CASE("every byte of the longest password counts", "[http][password_hash]") {
    const std::string password(max_password_length, 'x');
    const auto hash = hash_password(password);
    REQUIRE(hash.has_value());
    PasswordHasher hasher;
    CHECK(hasher.verify(password, *hash).value());
    CHECK_FALSE(hasher.verify(password.substr(1), *hash).value());
}

TEST_CASE("text that can't be a password is not hashed", "[http][password_hash]") {
    const std::string password =
        GENERATE(std::string{}, std::string(max_password_length + 1, 'x'), std::string{"a\nb"},
                 std::string("a\0b", 3), std::string{"\xC3"}, std::string{"a\x7F"});
    const auto hash = hash_password(password);
    REQUIRE_FALSE(hash.has_value());
    CHECK(hash.error() == failure::bad_input);
}

} // namespace password_hash_test
