#include "support/catch.hpp"

#include <portrait/id.hpp>

#include <cstdint>
#include <string>

namespace id_test {

using namespace portrait;

TEST_CASE("a person id is a decimal int32 above zero", "[id]") {
    CHECK(PersonId::parse("1").value().value() == 1);
    CHECK(PersonId::parse("2147483647").value().value() == 2147483647);
    CHECK(PersonId::parse("007").value().value() == 7);
    CHECK(PersonId::parse("00000000000000000000000000000042").value().value() == 42);
}

TEST_CASE("other texts and numbers are not valid person ids", "[id]") {
    const auto text = GENERATE(as<std::string>{}, "", "0", "000", "-1", "+7", " 7", "7 ", "7.5", "7,5", "abc",
                               "0x10", "1e3", "2147483648", "99999999999999999999", std::string(400, '9'),
                               std::string("7\0", 2), std::string(1, '\0'), "\xD9\xA3");
    CAPTURE(text);
    const auto parsed = PersonId::parse(text);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error() == errc::person_invalid_id);
}

TEST_CASE("a blob id has an error of its own", "[id]") {
    CHECK(BlobId::parse("x").error() == errc::blob_invalid_id);
    CHECK(BlobId::from(0).error() == errc::blob_invalid_id);
    CHECK(BlobId::from(-5).error() == errc::blob_invalid_id);
    CHECK(BlobId::from(std::int64_t{1} << 32).error() == errc::blob_invalid_id);
    CHECK(BlobId::from(2147483647).value().value() == 2147483647);
}

TEST_CASE("ids compare by value", "[id]") {
    CHECK(PersonId::from(3).value() == PersonId::parse("3").value());
    CHECK(PersonId::from(3).value() < PersonId::from(4).value());
}

} // namespace id_test
