#include "headers/content_types.hpp"

#include "support/catch.hpp"

#include <string>

namespace content_types_test {

using namespace portrait;
using namespace portrait::http;
using Kind = UploadType::Kind;

namespace {

UploadType classify(std::string_view value, ConvertibleFormats formats = {}) {
    return classify_upload(&value, formats);
}

} // namespace

TEST_CASE("a media type is read with its parameters", "[http][content_types]") {
    const auto type = parse_media_type("Multipart/Form-Data ; Boundary=\"a b\\\"c\" ;;\tcharset=UTF-8;");
    REQUIRE(type.has_value());
    CHECK(type->name == "multipart/form-data");
    REQUIRE(type->parameters.size() == 2);
    REQUIRE(find_parameter(type->parameters, "boundary") != nullptr);
    CHECK(*find_parameter(type->parameters, "boundary") == "a b\"c");
    CHECK(*find_parameter(type->parameters, "charset") == "UTF-8");
    CHECK(find_parameter(type->parameters, "none") == nullptr);
}

TEST_CASE("quoted parameters may have separators or be empty", "[http][content_types]") {
    const auto type = parse_media_type("a/b;x=\"; y=1, z\";w=\"\"");
    REQUIRE(type.has_value());
    CHECK(*find_parameter(type->parameters, "x") == "; y=1, z");
    CHECK(find_parameter(type->parameters, "w")->empty());
    CHECK(find_parameter(type->parameters, "y") == nullptr);
}

TEST_CASE("the first of two parameters with one name counts", "[http][content_types]") {
    const auto type = parse_media_type("a/b; x=1; X=2");
    REQUIRE(type.has_value());
    CHECK(*find_parameter(type->parameters, "x") == "1");
}

TEST_CASE("malformed media types are refused", "[http][content_types]") {
    const auto* const text = GENERATE(
        "", " ", "image", "image/", "/png", "image /png", "image/ png", "image/png image/gif",
        "image/png, image/gif", "image/png; x", "image/png; =1", "image/png; x=", "image/png; x =1",
        "image/png; x= 1", "image/png; x=\"1", "image/png; x=\"1\\", "image/png; x=\"1\"2", "image/png x=1",
        "image/p\x01ng", "image/png; x=\"\x01\"", "i\xC3\xA5/png", "image/png; x=a b");
    CAPTURE(text);
    CHECK_FALSE(parse_media_type(text).has_value());
}

TEST_CASE("every picture type of the contract is accepted", "[http][content_types]") {
    const auto* const value =
        GENERATE("image/png", "image/jpeg", "image/gif", "image/tiff", "image/jpg", "image/pjpeg",
                 "image/x-png", "application/octet-stream", "binary/octet-stream", "application/binary",
                 "application/x-www-form-urlencoded", "IMAGE/PNG", "image/jpeg; charset=binary",
                 " image/gif ", "image/png;");
    CAPTURE(value);
    CHECK(classify(value).kind == Kind::picture);
    CHECK(classify(value).boundary.empty());
}

TEST_CASE("other types and malformed ones are not supported", "[http][content_types]") {
    const auto* const value =
        GENERATE("text/plain", "application/json", "image/webp", "image/svg+xml", "image/*", "*/*",
                 "multipart/mixed", "multipart/related; boundary=x", "image", "image/png, image/gif",
                 "multipart/form-data-x; boundary=a=b", "multipart/form-data boundary=a=b");
    CAPTURE(value);
    CHECK(classify(value).kind == Kind::unsupported);
}

TEST_CASE("a missing or blank Content-Type is absent", "[http][content_types]") {
    CHECK(classify_upload(nullptr, {}).kind == Kind::absent);
    CHECK(classify("").kind == Kind::absent);
    CHECK(classify(" \t").kind == Kind::absent);
}

TEST_CASE("a form's boundary may be quoted", "[http][content_types]") {
    CHECK(classify("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk").boundary ==
          "----WebKitFormBoundary7MA4YWxk");
    CHECK(classify("multipart/form-data; boundary=\"a b:c\"").boundary == "a b:c");
    CHECK(classify("multipart/form-data; charset=utf-8; BOUNDARY=x").boundary == "x");
    // Outside of RFC 2046's set, or without the quotes that they need.
    CHECK(classify("multipart/form-data; boundary=*****").boundary == "*****");
    CHECK(classify("multipart/form-data; boundary=----=_Part_1_2.3").boundary == "----=_Part_1_2.3");
    CHECK(classify("Multipart/Form-Data ; charset=utf-8; Boundary=a=b ; x=y").boundary == "a=b");
    CHECK(classify("multipart/form-data; boundary=\"a\\\"b\"").boundary == "a\"b");
    const auto longest = classify("multipart/form-data; boundary=" + std::string(70, 'x'));
    CHECK(longest.kind == Kind::multipart);
    CHECK(longest.boundary == std::string(70, 'x'));
}

TEST_CASE("a form without a valid boundary has a class of its own", "[http][content_types]") {
    const std::string value = GENERATE(
        std::string{"multipart/form-data"}, std::string{"multipart/form-data; charset=utf-8"},
        std::string{"multipart/form-data; boundary=\"\""},
        std::string{"multipart/form-data; boundary=\"x \""}, std::string{"multipart/form-data; boundary"},
        std::string{"multipart/form-data; boundary=\"x"}, std::string{"multipart/form-data; boundary=a=b\tc"},
        std::string{"multipart/form-data; boundary=\"\xC3\xA5\""},
        "multipart/form-data; boundary=" + std::string(71, 'x'),
        "multipart/form-data; boundary=" + std::string(1 << 20, 'x'));
    CAPTURE(value.substr(0, 80));
    CHECK(classify(value).kind == Kind::no_boundary);
}

TEST_CASE("a 415's Accept field lists the four formats, bytes and forms", "[http][content_types]") {
    CHECK(accepted_upload_types({}) ==
          "image/png, image/jpeg, image/gif, image/tiff, application/octet-stream, multipart/form-data");
    CHECK(accepted_upload_types({ConvertibleFormat::webp}) ==
          "image/png, image/jpeg, image/gif, image/tiff, image/webp, application/octet-stream, "
          "multipart/form-data");
    CHECK(accepted_upload_types(ConvertibleFormats::all()) ==
          "image/png, image/jpeg, image/gif, image/tiff, image/webp, image/heic, image/heif, image/avif, "
          "application/octet-stream, multipart/form-data");
}

TEST_CASE("the types of formats that are converted are pictures", "[http][content_types]") {
    struct Case {
        std::string value;
        ConvertibleFormat format;
    };
    const auto [value, format] = GENERATE(values<Case>({{"image/webp", ConvertibleFormat::webp},
                                                        {"IMAGE/WebP; q=1", ConvertibleFormat::webp},
                                                        {"image/heic", ConvertibleFormat::heic},
                                                        {"image/heif", ConvertibleFormat::heic},
                                                        {"image/heic-sequence", ConvertibleFormat::heic},
                                                        {"image/heif-sequence", ConvertibleFormat::heic},
                                                        {"image/avif", ConvertibleFormat::avif},
                                                        {"image/avif-sequence", ConvertibleFormat::avif}}));
    CAPTURE(value);
    ConvertibleFormats others{};
    for (const auto other : all_convertible_formats)
        if (other != format)
            others.add(other);
    CHECK(classify(value, {format}).kind == Kind::picture);
    CHECK_FALSE(classify(value, {format}).switched_off);
    for (const auto formats : {ConvertibleFormats{}, others}) {
        CHECK(classify(value, formats).kind == Kind::unsupported);
        CHECK(classify(value, formats).switched_off == format);
    }
    CHECK_FALSE(classify("text/plain", {}).switched_off);
}

} // namespace content_types_test
