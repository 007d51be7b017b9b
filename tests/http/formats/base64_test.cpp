#include "formats/base64.hpp"

#include "support/catch.hpp"

#include <random>

namespace base64_test {

using portrait::http::append_base64;
using portrait::http::decode_base64;
using portrait::http::decode_base64_bytes;

TEST_CASE("base64 is decoded to its bytes", "[http][base64]") {
    CHECK(decode_base64("") == "");
    CHECK(decode_base64("Zg==") == "f");
    CHECK(decode_base64("Zm8=") == "fo");
    CHECK(decode_base64("Zm9v") == "foo");
    CHECK(decode_base64("Zm9vYmFy") == "foobar");
    CHECK(decode_base64("dGplMDpUamUw") == "tje0:Tje0");
    CHECK(decode_base64("AP+/+w==") == std::string("\x00\xFF\xBF\xFB", 4));
    CHECK(decode_base64("////") == "\xFF\xFF\xFF");
}

TEST_CASE("text that is not strict base64 is refused", "[http][base64]") {
    const auto* const text =
        GENERATE("Zg", "Zg=", "Zm8", "Z", "=", "==", "===", "====", "Z===", "Zg==Zg==", "Zm=v", "Zm9v\n",
                 " Zm9v", "Zm 9v===", "Zm9v====", "Zm-_", "Zh==", "Zm9=", "Zm9\x80");
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text).has_value());
}

TEST_CASE("a NUL is no base64 character", "[http][base64]") {
    CHECK_FALSE(decode_base64(std::string_view{"Zm9\0", 4}).has_value());
}

TEST_CASE("bytes of every length make a round trip through base64", "[http][base64]") {
    std::mt19937 random{7};
    for (std::size_t size = 0; size < 300; ++size) {
        std::vector<std::byte> bytes(size);
        for (auto& byte : bytes)
            byte = static_cast<std::byte>(random());
        std::string text = "before";
        append_base64(text, bytes);
        const auto base64 = text.substr(6);
        CHECK(base64.size() == portrait::http::encoded_base64_size(size));
        CHECK(portrait::http::decoded_base64_size(base64) == size);
        CHECK(decode_base64_bytes(base64) == bytes);
    }
}

TEST_CASE("base64 is written with padding", "[http][base64]") {
    const auto encoded = [](std::string_view bytes) {
        std::string text;
        append_base64(text, std::as_bytes(std::span{bytes}));
        return text;
    };
    CHECK(encoded("") == "");
    CHECK(encoded("f") == "Zg==");
    CHECK(encoded("fo") == "Zm8=");
    CHECK(encoded("foo") == "Zm9v");
    CHECK(encoded("\xFF\xBF\xFB") == "/7/7");
}

} // namespace base64_test
