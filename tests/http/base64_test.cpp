#include "base64.hpp"

#include "support/catch.hpp"

using portrait::http::decode_base64;

TEST_CASE("base64 is decoded to the bytes it stands for", "[http][base64]") {
    CHECK(decode_base64("") == "");
    CHECK(decode_base64("Zg==") == "f");
    CHECK(decode_base64("Zm8=") == "fo");
    CHECK(decode_base64("Zm9v") == "foo");
    CHECK(decode_base64("Zm9vYmFy") == "foobar");
    CHECK(decode_base64("dGplMDpUamUw") == "tje0:Tje0");
    CHECK(decode_base64("AP+/+w==") == std::string("\x00\xFF\xBF\xFB", 4));
    CHECK(decode_base64("////") == "\xFF\xFF\xFF");
}

TEST_CASE("what is not strict base64 is refused", "[http][base64]") {
    const auto* const text =
        GENERATE("Zg", "Zg=", "Zm8", "Z", "=", "==", "===", "====", "Z===", "Zg==Zg==", "Zm=v", "Zm9v\n",
                 " Zm9v", "Zm 9v===", "Zm9v====", "Zm-_", "Zh==", "Zm9=", "Zm9\x80");
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text).has_value());
}

TEST_CASE("a NUL is no base64 character", "[http][base64]") {
    CHECK_FALSE(decode_base64(std::string_view{"Zm9\0", 4}).has_value());
}
