#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <boost/json/parse.hpp>

namespace endpoint_upload_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

Request put(std::string body, std::string type = "image/png") {
    RawFields fields;
    if (!type.empty())
        fields.emplace_back("Content-Type", type);
    return {.method = "PUT",
            .target = "/api/v1/Person/1/Image",
            .fields = std::move(fields),
            .body = std::move(body)};
}

json::object object_of(const http::Response& response) {
    return json::parse(std::string{response.body_text()}).as_object();
}

std::string form(const std::string& boundary, const std::string& part_head, const std::string& picture) {
    return "--" + boundary + "\r\n" + part_head + "\r\n\r\n" + picture + "\r\n--" + boundary + "--\r\n";
}

struct BadUpload {
    std::string name;
    Request request;
    unsigned status;
    std::string rule;
    std::string said; ///< part of the message
};

std::vector<BadUpload> bad_uploads() {
    const auto png = text_of(make_png());
    const std::string webp = std::string("RIFF\x24\0\0\0WEBPVP8 ", 16) + std::string(32, '\0');
    return {
        {"empty body", put(""), 400, "image.empty", "Image bitmap is missing from body"},
        {"declared text", put(png, "text/plain"), 415, "request.unsupported_media_type", "image/png"},
        {"declared nonsense", put(png, "image"), 415, "request.unsupported_media_type", "image/tiff"},
        {"text as PNG", put("this is a text"), 400, "image.unknown_format", ""},
        {"PDF as PNG", put("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), 400, "image.unsupported_format", "PDF"},
        {"WebP", put(webp), 400, "image.unsupported_format", "WebP"},
        {"PNG stub", put(png.substr(0, 20)), 422, "image.truncated", ""},
        {"JPEG without frame", put("\xFF\xD8\xFF\xD9"), 422, "", ""},
        {"too many pixels", put(text_of(make_png_claiming(100'000, 100'000))), 422, "image.too_many_pixels",
         "10000000000"},
        {"form without boundary", put(png, "multipart/form-data"), 400, "multipart.no_boundary", ""},
        {"form without picture",
         put(form("b", "Content-Disposition: form-data; name=\"x\"", "text"),
             "multipart/form-data; boundary=b"),
         400, "multipart.no_picture", ""},
        {"form cut off",
         put("--b\r\nContent-Type: image/png\r\n\r\n" + png, "multipart/form-data; boundary=b"), 400,
         "multipart.truncated", ""},
    };
}

} // namespace

TEST_CASE("each bad upload is refused by its rule and changes nothing", "[endpoint][upload]") {
    const EndpointFixture fixture;
    const auto stored = text_of(make_jpeg());
    REQUIRE(fixture.send(put(stored)).status == 200);
    for (const auto& bad : bad_uploads()) {
        DYNAMIC_SECTION(bad.name) {
            const auto response = fixture.send(bad.request);
            CHECK(response.status == bad.status);
            const auto error = object_of(response);
            CHECK(error.at("Error") == true);
            CHECK(error.at("ErrorSource") == "portrait");
            CHECK(error.at("ErrorType") == "SoArgumentException");
            if (!bad.rule.empty())
                CHECK(error.at("Rule") == json::value(bad.rule));
            CHECK(std::string{error.at("ErrorMessage").as_string()}.find(bad.said) != std::string::npos);
            CHECK((response.find("Accept") != nullptr) == (bad.status == 415));
            CHECK(fixture.send({}).body_text() == stored);
        }
    }
}

TEST_CASE("strict SuperOffice answers 400 to every bad upload", "[endpoint][upload][strict]") {
    const EndpointFixture fixture{{.strict_superoffice = true}};
    for (const auto& bad : bad_uploads()) {
        CAPTURE(bad.name);
        const auto response = fixture.send(bad.request);
        CHECK(response.status == 400);
        if (!bad.rule.empty())
            CHECK(object_of(response).at("Rule") == json::value(bad.rule));
    }
    auto unauthenticated = put("x");
    unauthenticated.fields.emplace_back("Authorization", "-");
    CHECK(fixture.send(unauthenticated).status == 401);
    auto unmatched = put(text_of(make_png()));
    unmatched.fields.emplace_back("If-Match", "*");
    CHECK(fixture.send(unmatched).status == 412);
    CHECK(fixture.send({}).status == 404);
    CHECK(fixture.send({"PATCH", "/api/v1/Person/1/Image", {}, {}}).status == 405);
}

TEST_CASE("every type on the list is accepted, and the bytes decide", "[endpoint][upload]") {
    const EndpointFixture fixture;
    const auto type =
        GENERATE(as<std::string>{}, "image/png", "image/jpeg", "image/gif", "image/tiff", "image/jpg",
                 "image/pjpeg", "image/x-png", "application/octet-stream", "IMAGE/PNG; q=1", "");
    CAPTURE(type);
    CHECK(fixture.send(put(text_of(make_tiff()), type)).status == 200);
    CHECK(*fixture.send({}).find("Content-Type") == "image/tiff");
}

TEST_CASE("a form's picture is stored as it stands in the form", "[endpoint][upload]") {
    const EndpointFixture fixture;
    const auto picture = text_of(make_png(9, 9));
    const auto body =
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n" +
        form("b",
             "Content-Disposition: form-data; name=\"f\"; filename=\"me.png\"\r\nContent-Type: image/png",
             picture) +
        "epilogue";
    CHECK(fixture.send(put(body, "multipart/form-data; boundary=\"b\"")).status == 200);
    CHECK(fixture.send({}).body_text() == picture);
}

TEST_CASE("a body over the limit is refused by its declared length", "[endpoint][upload]") {
    Limits limits;
    limits.max_bytes = 1000;
    const EndpointFixture fixture{{}, limits};
    const auto response = fixture.send(put(std::string(1001, 'x')));
    CHECK(response.status == 413);
    const auto error = object_of(response);
    CHECK(error.at("Rule") == "request.body_too_large");
    CHECK(error.at("Observed") == 1001);
    CHECK(error.at("Limit") == 1000);
    // A form may be larger than the limit by its own lines; the picture may not.
    const auto big = form("b", "Content-Type: image/png", text_of(make_png(100, 100)));
    const auto refused = fixture.send(put(big, "multipart/form-data; boundary=b"));
    CHECK(refused.status == 413);
    CHECK(object_of(refused).at("Rule") == "image.too_many_bytes");
}

TEST_CASE("an admission has the limit of the body", "[endpoint][upload]") {
    Limits limits;
    limits.max_bytes = 5000;
    const EndpointFixture fixture{{}, limits};
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "PUT", .target = "/api/v1/Person/1/Image"};
    head.fields.push_back({"Authorization", basic});
    head.chunked = true;
    std::optional<http::BeginOutcome> outcome;
    fixture.endpoint->begin(head, [&](http::BeginOutcome result) { outcome = std::move(result); });
    REQUIRE(outcome.has_value());
    REQUIRE(std::holds_alternative<http::Admission>(*outcome));
    auto& admission = std::get<http::Admission>(*outcome);
    CHECK(admission.body_limit() == 5000);
    CHECK(admission.principal() == "tje0");
    const auto refusal = fixture.endpoint->refuse(http::body_too_large(5000, std::nullopt), admission);
    CHECK(refusal.status == 413);
    CHECK(*refusal.find("X-Request-Id") == admission.request_id());
}

} // namespace endpoint_upload_test
