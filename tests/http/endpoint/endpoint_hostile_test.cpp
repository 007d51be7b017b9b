#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <boost/json/parse.hpp>

namespace endpoint_hostile_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

const std::string info_path = "/api/v1/Person/1/ImageInfo";

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t index = 0; index < count; ++index)
        result += text;
    return result;
}

struct Hostile {
    std::string name;
    std::string type;
    std::string body;
    unsigned status;
    std::string rule;
};

std::vector<Hostile> hostile_bodies() {
    const std::string json = "application/json";
    const std::string xml = "application/xml";
    const std::string form = "application/x-www-form-urlencoded";
    const std::string patch = "application/json-patch+json";
    const std::string merge = "application/merge-patch+json";
    const auto laughs = [] {
        std::string text = R"(<!DOCTYPE lolz [<!ENTITY l0 "lol">)";
        for (int level = 1; level < 10; ++level)
            text += "<!ENTITY l" + std::to_string(level) + " \"" +
                    repeated("&l" + std::to_string(level - 1) + ";", 10) + "\">";
        return text + "]><BlobEntity><Description>&l9;</Description></BlobEntity>";
    }();
    return {
        {"deep JSON", json, repeated("[", 10'000) + repeated("]", 10'000), 400, "request.too_deep"},
        {"deep objects", json, repeated(R"({"a":)", 10'000) + "1" + repeated("}", 10'000), 400,
         "request.too_deep"},
        {"deep JSON in a patch", patch, repeated("[", 10'000), 400, "request.too_deep"},
        {"deep merge patch", merge, repeated(R"({"a":)", 10'000) + "1" + repeated("}", 10'000), 400,
         "request.too_deep"},
        {"deep XML", xml, repeated("<a>", 10'000) + repeated("</a>", 10'000), 400, "request.too_deep"},
        {"billion laughs", xml, laughs, 400, "request.xml_dtd"},
        {"external entity", xml,
         R"(<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><BlobEntity><Description>&x;</Description></BlobEntity>)",
         400, "request.xml_dtd"},
        {"unknown entity", xml, "<BlobEntity><Description>&x;</Description></BlobEntity>", 400,
         "request.xml_malformed"},
        {"form key of 1 MB", form, std::string(1'000'000, 'k') + "=1", 413, "request.body_too_large"},
        {"form key over the text's limit", form, "Description=" + std::string(200'000, 'k'), 400,
         "info.text_too_long"},
        {"form of too many fields", form, repeated("a=1&", 60'000), 400, "request.form_too_many_fields"},
        {"lone high surrogate", json, R"({"Description":"\uD800"})", 400, "request.json_malformed"},
        {"lone low surrogate", json, R"({"Description":"\uDC00x"})", 400, "request.json_malformed"},
        {"lone surrogate in XML", xml, "<BlobEntity><Description>&#xD800;</Description></BlobEntity>", 400,
         "request.xml_malformed"},
        {"overlong UTF-8 in JSON", json, "{\"Description\":\"\xC0\xAF\"}", 400, "request.json_malformed"},
        {"overlong UTF-8 in XML", xml, "<BlobEntity><Description>\xE0\x80\xAF</Description></BlobEntity>",
         400, "request.xml_malformed"},
        {"overlong UTF-8 in a form", form, "Description=%C0%AF", 400, "request.form_malformed"},
        {"encoded surrogate", json, "{\"Description\":\"\xED\xA0\x80\"}", 400, "request.json_malformed"},
        {"NUL in JSON", json, R"({"Description":"a\u0000b"})", 400, "info.text_invalid"},
        {"bare NUL in JSON", json, std::string{"{\"Description\":\"a\0b\"}", 21}, 400,
         "request.json_malformed"},
        {"NUL in XML", xml, std::string{"<BlobEntity>\0</BlobEntity>", 26}, 400, "request.xml_malformed"},
        {"NUL reference in XML", xml, "<BlobEntity><Description>&#0;</Description></BlobEntity>", 400,
         "request.xml_malformed"},
        {"NUL in a form", form, "Description=%00", 400, "info.text_invalid"},
        {"NUL in a patch", patch, R"([{"op":"add","path":"/Description","value":"\u0000"}])", 400,
         "info.text_invalid"},
        {"patch of 100,000 operations", patch,
         "[" + repeated(R"({"op":"test","path":"","value":1},)", 100'000) + "1]", 413,
         "request.body_too_large"},
        {"patch of 10,000 operations", patch, "[" + repeated("{},", 10'000) + "{}]", 413,
         "patch.too_many_operations"},
        {"patch that copies and copies", patch,
         "[" + repeated(R"({"op":"copy","from":"","path":"/a"},)", 998) +
             R"({"op":"test","path":"","value":1}])",
         400, "patch.operation_invalid"},
        {"empty JSON", json, " ", 400, "request.json_malformed"},
        {"no body", json, "", 400, "request.body_missing"},
        {"a control character", json, R"({"Description":"\u0007"})", 400, "info.text_invalid"},
    };
}

} // namespace

TEST_CASE("hostile bodies are refused and change nothing", "[endpoint][hostile]") {
    const EndpointFixture fixture;
    REQUIRE(
        fixture.send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "image/png"}}, text_of(make_png())})
            .status == 200);
    const auto before = fixture.send({"GET", info_path, {}, {}});
    for (const auto& hostile : hostile_bodies()) {
        CAPTURE(hostile.name);
        for (const std::string method : {"PUT", "PATCH"}) {
            const auto response =
                fixture.send({method, info_path, {{"Content-Type", hostile.type}}, hostile.body});
            CHECK(response.status == hostile.status);
            const auto error = boost::json::parse(std::string{response.body_text()}).as_object();
            CHECK(std::string{error.at("Rule").as_string()}.find(hostile.rule) == 0);
            CHECK(error.at("ErrorMessage").as_string().size() < 500);
        }
    }
    const auto after = fixture.send({"GET", info_path, {}, {}});
    CHECK(after.body_text() == before.body_text());
    CHECK(*after.find("ETag") == *before.find("ETag"));
}

TEST_CASE("a body without a declared length is limited, too", "[endpoint][hostile]") {
    const EndpointFixture fixture;
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "PUT", .target = info_path};
    head.fields.push_back({"Authorization", basic});
    head.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    head.chunked = true;
    CHECK(fixture.endpoint->handle(head, ImageBytes{std::string(1'000'000, 'k')}).status == 413);
}

TEST_CASE("hostile heads are answered", "[endpoint][hostile]") {
    const EndpointFixture fixture;
    REQUIRE(
        fixture.send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "image/png"}}, text_of(make_png())})
            .status == 200);
    const auto accept = repeated("a/b;q=0.5,", 10'000) + "text/xml";
    const auto info = fixture.send({"GET", info_path, {{"Accept", accept}}, {}});
    CHECK(info.status == 200);
    CHECK(*info.find("Content-Type") == "text/xml; charset=utf-8");
    const auto tags = repeated("\"1.1.1\",", 8 * 1024);
    CHECK(
        fixture.send({"PUT", info_path, {{"If-Match", tags}, {"Content-Type", "text/json"}}, "{}"}).status ==
        412);
    const auto type = "text/json;" + repeated(" a=b;", 10'000);
    CHECK(fixture.send({"PUT", info_path, {{"Content-Type", type}}, "{}"}).status == 200);
}

} // namespace endpoint_hostile_test
