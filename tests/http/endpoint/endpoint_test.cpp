#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace endpoint_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace json = boost::json;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

json::object object_of(const Response& response) {
    return json::parse(std::string{response.body_text()}).as_object();
}

std::string rule_of(const Response& response) {
    return std::string{object_of(response).at("Rule").as_string()};
}

Request put(std::string body, RawFields fields = {{"Content-Type", "image/png"}}) {
    return {.method = "PUT", .target = image_path, .fields = std::move(fields), .body = std::move(body)};
}

} // namespace

TEST_CASE("PUT answers the blob id with the contract's reason", "[endpoint][put]") {
    const EndpointFixture fixture;
    const auto response = fixture.send(put(text_of(make_png(7, 5))));
    CHECK(response.status == 200);
    CHECK(response.reason == "The image blob id");
    CHECK(field(response, "Content-Type") == "application/json; charset=utf-8");
    CHECK(response.body_text() == "1");
    CHECK(field(response, "ETag").front() == '"');
    CHECK(response.find("Last-Modified") == nullptr); // its second is not over
    CHECK(field(response, "X-Image-Width") == "7");
    CHECK(field(response, "X-Image-Height") == "5");
    CHECK_FALSE(field(response, "X-Request-Id").empty());
}

TEST_CASE("GET gives the bytes back with the detected type", "[endpoint][get]") {
    const EndpointFixture fixture;
    const auto bytes = text_of(make_gif(4, 6));
    const auto method = GENERATE(as<std::string>{}, "PUT", "POST");
    REQUIRE(fixture.send({method, image_path, {{"Content-Type", "image/jpeg"}}, bytes}).status == 200);
    const auto response = fixture.send({});
    CHECK(response.status == 200);
    CHECK(response.body_text() == bytes);
    CHECK(field(response, "Content-Type") == "image/gif");
    CHECK(field(response, "Content-Disposition") == "inline; filename=\"person-1.gif\"");
    CHECK(field(response, "Cache-Control") == "private, no-cache");
    CHECK(field(response, "X-Content-Type-Options") == "nosniff");
    CHECK(field(response, "Content-Security-Policy") == "default-src 'none'");
    CHECK(field(response, "Vary") == "Accept");
    CHECK(field(response, "X-Image-Width") == "4");
    CHECK(field(response, "X-Image-Height") == "6");
    CHECK(response.length() == bytes.size());
    CHECK(response.principal == "tje0");
}

TEST_CASE("HEAD has the GET's fields and length and no body", "[endpoint][head]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put(text_of(make_png()))).status == 200);
    for (const auto& path : {image_path, info_path}) {
        const auto get = fixture.send({"GET", path, {{"X-Request-Id", "a"}}, {}});
        const auto head = fixture.send({"HEAD", path, {{"X-Request-Id", "a"}}, {}});
        CHECK(head.status == 200);
        CHECK(head.body_text().empty());
        CHECK(head.length() == get.body_text().size());
        REQUIRE(head.fields.size() == get.fields.size());
        for (const auto& [name, value] : get.fields)
            CHECK(field(head, name) == value);
    }
    CHECK(fixture.send({"HEAD", "/api/v1/Person/2/Image", {}, {}}).length() > 0U);
}

TEST_CASE("ImageInfo is the contract's BlobEntity, in its order", "[endpoint][info]") {
    const EndpointFixture fixture;
    const auto bytes = text_of(make_png());
    REQUIRE(fixture.send(put(bytes)).status == 200);
    fixture.clock->advance(std::chrono::seconds{60});
    REQUIRE(fixture.send(put(bytes)).status == 200);
    const auto response = fixture.send({"GET", info_path, {}, {}});
    CHECK(response.status == 200);
    CHECK(field(response, "Content-Type") == "application/json; charset=utf-8");
    const auto entity = object_of(response);
    std::vector<std::string> names;
    for (const auto& member : entity)
        names.emplace_back(member.key());
    CHECK(names == std::vector<std::string>{"BlobId", "BlobSize", "Description", "ExtraInfo", "IsEncrypted",
                                            "IsZipped", "MimeType", "OriginalSize", "CreatedDate",
                                            "UpdatedDate", "CreatedBy", "UpdatedBy", "ConceptualType",
                                            "TableRight", "FieldProperties"});
    CHECK(entity.at("BlobId") == 1);
    CHECK(entity.at("BlobSize") == bytes.size());
    CHECK(entity.at("OriginalSize") == bytes.size());
    CHECK(entity.at("MimeType") == "image/png");
    CHECK(entity.at("IsEncrypted") == false);
    CHECK(entity.at("CreatedDate") == "2023-11-14T22:13:20Z");
    CHECK(entity.at("UpdatedDate") == "2023-11-14T22:14:20Z");
    CHECK(entity.at("ConceptualType") == "PERSONPHOTO");
    CHECK(entity.at("CreatedBy").at("AssociateId") == 5);
    CHECK(entity.at("CreatedBy").at("FullName") == "Terje");
    CHECK(entity.at("TableRight").at("Mask") == "Select, Update, Delete");
    CHECK(entity.at("FieldProperties").at("BlobId").at("FieldType") == "System.Int32");
}

TEST_CASE("a person without a picture has an empty ImageInfo and no Image", "[endpoint][info]") {
    const EndpointFixture fixture;
    const auto info = fixture.send({"GET", info_path, {}, {}});
    CHECK(info.status == 200);
    const auto entity = object_of(info);
    CHECK(entity.at("BlobId") == 0);
    CHECK(entity.at("MimeType") == "");
    CHECK(entity.at("CreatedDate") == "0001-01-01T00:00:00");
    CHECK(entity.at("CreatedBy").is_null());
    const auto image = fixture.send({});
    CHECK(image.status == 404);
    CHECK(rule_of(image) == "image.none");
}

TEST_CASE("DELETE is idempotent", "[endpoint][delete]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put(text_of(make_png()))).status == 200);
    for (int round = 0; round < 2; ++round) {
        const auto response = fixture.send({"DELETE", image_path, {}, {}});
        CHECK(response.status == 204);
        CHECK(response.length() == std::nullopt);
        CHECK(fixture.send({}).status == 404);
    }
    CHECK(fixture.send({"DELETE", "/api/v1/Person/99/Image", {}, {}}).status == 400);
}

TEST_CASE("paths match in any case and with a trailing slash", "[endpoint][routes]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put(text_of(make_png()))).status == 200);
    const auto path = GENERATE(as<std::string>{}, "/API/V1/PERSON/1/IMAGE", "/api/v1/person/1/image/",
                               "/api/v1/Person/0001/Image", "/api/v1/Person/%31/Image",
                               "/api/v1/Person/1/Image?x=y", "http://example.org/api/v1/Person/1/Image");
    CAPTURE(path);
    CHECK(fixture.send({"GET", path, {}, {}}).status == 200);
}

TEST_CASE("unknown paths are 404, wrong methods 405 with Allow", "[endpoint][routes]") {
    const EndpointFixture fixture;
    const auto path = GENERATE(as<std::string>{}, "/", "/api/v1/Person/1/Images", "/api/v1/Person",
                               "/api/v2/x", "/api/v1/Person/1/Image/2", "/api//v1/Person/1/Image");
    CHECK(fixture.send({"GET", path, {}, {}}).status == 404);
    const auto wrong = fixture.send({"PATCH", image_path, {}, {}});
    CHECK(wrong.status == 405);
    CHECK(field(wrong, "Allow") == "GET, HEAD, PUT, POST, DELETE, OPTIONS");
    CHECK(rule_of(wrong) == "request.method_not_allowed");
    CHECK(field(fixture.send({"DELETE", info_path, {}, {}}), "Allow") == "GET, HEAD, PUT, PATCH, OPTIONS");
}

TEST_CASE("a person id that is not valid is 400, whatever the method", "[endpoint][person]") {
    const EndpointFixture fixture;
    const auto id = GENERATE(as<std::string>{}, "0", "-1", "+7", "7.5", "abc", "2147483648",
                             "99999999999999999999", "", "%00", "1%2f2", "%C3%A6");
    CAPTURE(id);
    for (const std::string method : {"PUT", "GET", "DELETE"}) {
        const auto response = fixture.send({method,
                                            "/api/v1/Person/" + id + "/Image",
                                            {{"Content-Type", "image/png"}},
                                            text_of(make_png())});
        CHECK(response.status == 400);
        CHECK(rule_of(response) == "person.invalid_id");
    }
}

TEST_CASE("an unknown person is 400 for a write and 404 for a read", "[endpoint][person]") {
    const EndpointFixture fixture;
    const auto write = fixture.send(
        {"PUT", "/api/v1/Person/99/Image", {{"Content-Type", "image/png"}}, text_of(make_png())});
    CHECK(write.status == 400);
    CHECK(rule_of(write) == "person.unknown");
    CHECK(object_of(write).at("ErrorMessage") == "Person id 99 not found");
    const auto read = fixture.send({"GET", "/api/v1/Person/99/Image", {}, {}});
    CHECK(read.status == 404);
    CHECK(object_of(read).at("ErrorType") == "SoNotFoundException");
    CHECK(fixture.send({"GET", "/api/v1/Person/99/ImageInfo", {}, {}}).status == 404);
}

TEST_CASE("a caller without valid credentials gets 401 with the schemes that are on",
          "[endpoint][authentication]") {
    const EndpointFixture fixture;
    const auto value = GENERATE(as<std::string>{}, "-", "Basic", "Basic !!!", "Basic dGplMA==", "Digest x",
                                "Basic dGplMDp3cm9uZw==");
    CAPTURE(value);
    auto request = put(text_of(make_png()));
    request.fields.emplace_back("Authorization", value);
    const auto response = fixture.send(request);
    CHECK(response.status == 401);
    CHECK(field(response, "WWW-Authenticate").find("Basic realm=\"portrait\", charset=\"UTF-8\"") == 0);
    CHECK(object_of(response).at("ErrorType") == "SoAuthenticationException");
    CHECK(fixture.send({}).status == 404); // nothing was stored
}

TEST_CASE("the reference's sample credential is accepted", "[endpoint][authentication]") {
    const EndpointFixture fixture;
    auto request = put(text_of(make_png()));
    request.fields.emplace_back("Authorization", "Basic dGplMDpUamUw");
    CHECK(fixture.send(request).status == 200);
}

TEST_CASE("an authenticator's failures have answers of their own", "[endpoint][authentication]") {
    const EndpointFixture fixture;
    const auto busy =
        fixture.send({"GET", image_path, {{"Authorization", basic_authorization("busy", "x")}}, {}});
    CHECK(busy.status == 429);
    CHECK(field(busy, "Retry-After") == "7");
    const auto broken =
        fixture.send({"GET", image_path, {{"Authorization", basic_authorization("throw", "x")}}, {}});
    CHECK(broken.status == 500);
    CHECK(std::string{broken.body_text()}.find("directory of users") == std::string::npos);
    CHECK(fixture.log->events().size() == 1);
    CHECK(fixture.log->events().front().find("directory of users") != std::string::npos);
}

TEST_CASE("a reader may read and not write", "[endpoint][authentication]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put(text_of(make_png()))).status == 200);
    const RawFields reader{{"Authorization", basic_authorization("reader", "Reader")}};
    CHECK(fixture.send({"GET", image_path, reader, {}}).status == 200);
    const auto refused = fixture.send({"DELETE", image_path, reader, {}});
    CHECK(refused.status == 403);
    CHECK(object_of(refused).at("ErrorType") == "SoRightsException");
    CHECK(fixture.send({}).status == 200);
}

TEST_CASE("a request's id is the caller's or a fresh one", "[endpoint]") {
    const EndpointFixture fixture;
    CHECK(field(fixture.send({"GET", image_path, {{"X-Request-Id", "my-id.1"}}, {}}), "X-Request-Id") ==
          "my-id.1");
    const auto first =
        field(fixture.send({"GET", image_path, {{"X-Request-Id", "bad id"}}, {}}), "X-Request-Id");
    const auto second = field(fixture.send({}), "X-Request-Id");
    CHECK(first != "bad id");
    CHECK(first != second);
}

TEST_CASE("health needs no caller, readiness follows store and drain", "[endpoint][health]") {
    const EndpointFixture fixture;
    const RawFields nobody{{"Authorization", "-"}};
    CHECK(fixture.send({"GET", "/healthz", nobody, {}}).status == 200);
    CHECK(fixture.send({"GET", "/readyz", nobody, {}}).status == 200);
    fixture.endpoint->set_draining(true);
    CHECK(fixture.send({"GET", "/healthz", nobody, {}}).status == 200);
    CHECK(fixture.send({"GET", "/readyz", nobody, {}}).status == 503);
}

TEST_CASE("an endpoint without its ports is a programming error", "[endpoint]") {
    CHECK_THROWS_AS(http::Endpoint(nullptr, nullptr, nullptr, nullptr), std::invalid_argument);
}

} // namespace endpoint_test
