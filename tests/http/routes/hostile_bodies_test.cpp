#include "http/endpoint/endpoint_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

namespace hostile_bodies_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";
const std::string save_entity = "/api/v1/Agents/BLOB/SaveBlobEntity";
const std::string set_picture = "/api/v1/Agents/Person/SetPersonImage";

const std::string json_type = "application/json";
const std::string xml_type = "application/xml";
const std::string form_type = "application/x-www-form-urlencoded";
const std::string patch_type = "application/json-patch+json";

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    all.reserve(text.size() * count);
    for (std::size_t index = 0; index < count; ++index)
        all += text;
    return all;
}

std::string describing(std::string_view literal) {
    return R"({"BlobId":1,"Description":")" + std::string{literal} + R"("})";
}

std::string describing_in_xml(std::string_view text) {
    return "<BlobEntity><BlobId>1</BlobId><Description>" + std::string{text} + "</Description></BlobEntity>";
}

/// Entities whose text would be 3 * 10^9 characters long.
std::string billion_laughs() {
    std::string text = "<!DOCTYPE BlobEntity [<!ENTITY lol0 \"lol\">";
    for (int level = 1; level <= 9; ++level)
        text += "<!ENTITY lol" + std::to_string(level) + " \"" +
                repeated("&lol" + std::to_string(level - 1) + ";", 10) + "\">";
    return text + "]>" + describing_in_xml("&lol9;");
}

struct Attack {
    std::string name;
    std::string content_type;
    std::string body;
    unsigned status = 400;
};

/// Bodies that every route with an entity refuses. The calls of the agents accept larger bodies, which may
/// hold pictures.
const std::vector<Attack>& attacks() {
    static const std::vector<Attack> all{
        {"10,000 arrays in each other", json_type, repeated("[", 10'000) + repeated("]", 10'000)},
        {"10,000 objects in each other", json_type, repeated(R"({"Description":)", 10'000) + "1"},
        {"10,000 arrays that never end", json_type, repeated("[", 10'000)},
        {"10,000 elements in each other", xml_type, repeated("<a>", 10'000) + repeated("</a>", 10'000)},
        {"10,000 elements that never end", xml_type, repeated("<a>", 10'000)},
        {"billion laughs", xml_type, billion_laughs()},
        {"external entity", xml_type,
         R"(<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>)" + describing_in_xml("&x;")},
        {"external DTD", xml_type,
         R"(<!DOCTYPE e SYSTEM "http://localhost/e.dtd">)" + describing_in_xml("a")},
        {"parameter entity", xml_type,
         R"(<!DOCTYPE e [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>)" + describing_in_xml("a")},
        {"entity that nobody declared", xml_type, describing_in_xml("&laugh;")},
        {"NUL in XML", xml_type, describing_in_xml(std::string_view{"a\0b", 3})},
        {"NUL as a reference", xml_type, describing_in_xml("a&#0;b")},
        {"surrogate as a reference", xml_type, describing_in_xml("&#xD800;")},
        {"overlong UTF-8 in XML", xml_type, describing_in_xml("\xC0\xAF")},
        {"lone high surrogate", json_type, describing(R"(\ud800)")},
        {"lone low surrogate", json_type, describing(R"(\udc00)")},
        {"high surrogate before something else", json_type, describing(R"(\ud800A)")},
        {"surrogates the wrong way round", json_type, describing(R"(\udc00\ud800)")},
        {"surrogate written in UTF-8", json_type, describing("\xED\xA0\x80")},
        {"overlong UTF-8", json_type, describing("\xC0\xAF")},
        {"overlong UTF-8 of three bytes", json_type, describing("\xE0\x80\xAF")},
        {"beyond Unicode", json_type, describing("\xF4\x90\x80\x80")},
        {"cut off UTF-8", json_type, describing("\xE2\x82")},
        {"NUL in JSON", json_type, describing(std::string_view{"a\0b", 3})},
        {"escaped NUL", json_type, describing(R"(a\u0000b)")},
        {"overlong UTF-8 in a form", form_type, "BlobId=1&Description=%C0%AF"},
        {"NUL in a form", form_type, "BlobId=1&Description=a%00b"},
        {"half a percent-encoding", form_type, "BlobId=1&Description=%4"},
        {"text that is too long", json_type, describing(std::string(2049, 'a'))},
        {"text in the place of a number", json_type, R"({"BlobId":"one"})"},
        {"array in the place of a text", json_type, R"({"BlobId":1,"Description":["a"]})"},
    };
    return all;
}

http::Response send(const EndpointFixture& fixture, const std::string& method, const std::string& target,
                    const std::string& type, const std::string& body) {
    return fixture.send({method, target, {{"Content-Type", type}}, body});
}

void store_picture(const EndpointFixture& fixture) {
    REQUIRE(send(fixture, "PUT", image_path, "image/png", text_of(make_png())).status == 200);
}

/// Checks for a refusal with a message that repeats nothing of the body.
void check_refusal(const http::Response& response, unsigned status) {
    CHECK(response.status == status);
    CHECK(response.body_text().size() < 1000);
    const auto problem = json::parse(std::string{response.body_text()}).as_object();
    CHECK(problem.at("Error") == true);
    CHECK(problem.at("ErrorMessage").as_string().size() > 10);
    CHECK(problem.at("Rule").as_string().size() > 3);
}

void check_unchanged(const EndpointFixture& fixture) {
    const auto info = fixture.send({.method = "GET", .target = info_path});
    CHECK(json::parse(std::string{info.body_text()}).at("Description") == "");
}

} // namespace

TEST_CASE("hostile bodies of ImageInfo are refused and change nothing", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    for (const auto& attack : attacks()) {
        CAPTURE(attack.name);
        check_refusal(send(fixture, "PUT", info_path, attack.content_type, attack.body), attack.status);
        check_refusal(send(fixture, "PATCH", info_path, attack.content_type, attack.body), attack.status);
    }
    check_unchanged(fixture);
}

TEST_CASE("hostile bodies of an agent's call are refused and change nothing", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    for (const auto& attack : attacks()) {
        CAPTURE(attack.name);
        check_refusal(send(fixture, "POST", save_entity, attack.content_type, attack.body), attack.status);
    }
    check_unchanged(fixture);
}

TEST_CASE("a form's key of 1 MiB is refused", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    const auto body = std::string(1024 * 1024, 'k') + "=1";
    check_refusal(send(fixture, "PUT", info_path, form_type, body), 413);
    check_refusal(send(fixture, "POST", save_entity, form_type, body), 400);
    check_refusal(send(fixture, "POST", "/session", form_type, body), 413);
}

TEST_CASE("a patch has at most 1,000 operations", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    const std::string operation = R"({"op":"add","path":"/Description","value":"a"})";
    const auto patch = [&](std::size_t count) {
        return "[" + repeated(operation + ",", count - 1) + operation + "]";
    };
    // Refused for its size.
    check_refusal(send(fixture, "PATCH", info_path, patch_type, patch(100'000)), 413);
    const auto refused = send(fixture, "PATCH", info_path, patch_type, patch(1001));
    check_refusal(refused, 413);
    CHECK(json::parse(std::string{refused.body_text()}).at("Limit") == 1000);
    check_unchanged(fixture);
    CHECK(send(fixture, "PATCH", info_path, patch_type, patch(1000)).status == 200);
}

TEST_CASE("a patch that doubles its document again and again is refused", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    std::string patch = R"([{"op":"add","path":"/x","value":["aaaaaaaaaaaaaaaa"]})";
    for (int round = 0; round < 60; ++round)
        patch += R"(,{"op":"copy","from":"/x","path":"/x/-"})";
    check_refusal(send(fixture, "PATCH", info_path, patch_type, patch + "]"), 400);
}

TEST_CASE("an If-Match of 64 KiB is read to its end and matches as any list", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    const auto tag = field(fixture.send({.target = image_path}), "ETag");
    const auto others = repeated("\"9.9.9\", ", 64 * 1024 / 9);
    const auto put = [&](const std::string& list) {
        return fixture.send(
            {"PUT", image_path, {{"Content-Type", "image/png"}, {"If-Match", list}}, text_of(make_png())});
    };
    check_refusal(put(others + "\"8.8.8\""), 412);
    check_refusal(put(std::string(64 * 1024, 'a')), 412);
    check_refusal(put(std::string(64 * 1024, ',')), 412);
    check_refusal(put("\"" + std::string(64 * 1024, 'a') + "\""), 412);
    // A tag behind the limit of members matches nothing; one before it does.
    check_refusal(put(others + tag), 412);
    CHECK(put(tag + ", " + others).status == 200);
}

TEST_CASE("an Accept of 10,000 entries is read to its end", "[contract][hostile]") {
    const EndpointFixture fixture;
    store_picture(fixture);
    const auto accept = [&](const std::string& value) {
        const auto response = fixture.send({"GET", info_path, {{"Accept", value}}, {}});
        CHECK(response.status == 200);
        return field(response, "Content-Type");
    };
    CHECK(accept(repeated("a/b;q=0.1, ", 9999) + "text/xml") == "text/xml; charset=utf-8");
    CHECK(accept(repeated(";,=/q=", 10'000)) == "application/json; charset=utf-8");
    CHECK(accept(repeated("application/json;q=0, ", 9999) + "*/*") == "text/json; charset=utf-8");
}

TEST_CASE("base64 with garbage in it is refused and stores nothing", "[contract][hostile]") {
    const EndpointFixture fixture;
    const auto set = [&](std::string_view text) {
        return send(fixture, "POST", set_picture, json_type,
                    R"({"PersonId":1,"Image":")" + std::string{text} + R"("})");
    };
    for (const std::string_view text :
         {"!", "R0lG\\u0000ODlh", "R0lGODl", "R0lGOD=h", "R0lG ODl", "R0lG\\r\\nOD=h",
          "====", "R0lGODlh=", "R0lGODl-", "R0lGODl_", "data:image/gif;base64,R0lGODlh", "R0lGODlhAR=="}) {
        CAPTURE(text);
        check_refusal(set(text), 400);
    }
    check_refusal(set(std::string(1024 * 1024 + 1, 'A')), 400);
    CHECK(fixture.send({.target = image_path}).status == 404);
}

} // namespace hostile_bodies_test
