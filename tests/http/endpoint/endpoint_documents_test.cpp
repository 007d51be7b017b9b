#include "endpoint_fixture.hpp"
#include "formats/xml.hpp"
#include "http/entity/xml_values.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

namespace endpoint_documents_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace json = boost::json;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

Request put_image(RawFields fields = {}, std::string body = text_of(make_png())) {
    fields.emplace_back("Content-Type", "image/png");
    return {.method = "PUT", .target = image_path, .fields = std::move(fields), .body = std::move(body)};
}

Request accepting(Request request, const std::string& accept) {
    request.fields.emplace_back("Accept", accept);
    request.fields.emplace_back("X-Request-Id", "same"); // some messages name it
    return request;
}

/// Checks that the XML answer has the content of the JSON answer.
void check_same(const Response& as_json, const Response& as_xml, const std::string& root) {
    CHECK(as_json.status == as_xml.status);
    CHECK(field(as_json, "Content-Type") == "application/json; charset=utf-8");
    CHECK(field(as_xml, "Content-Type") == "application/xml; charset=utf-8");
    const auto document = http::read_xml(as_xml.body_text());
    REQUIRE(document.has_value());
    CHECK(document->root == root);
    CHECK(document->value == as_xml_values(json::parse(std::string{as_json.body_text()})));
}

} // namespace

TEST_CASE("every answer with a document has the type that Accept prefers", "[endpoint][negotiation]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_image()).status == 200);
    const std::vector<std::pair<Request, unsigned>> requests{
        {put_image(), 200},
        {{"GET", info_path, {}, {}}, 200},
        {{"HEAD", info_path, {}, {}}, 200},
        {{"GET", "/api/v1/Person/2/ImageInfo", {}, {}}, 200},
        {{"PUT", info_path, {{"Content-Type", "text/json"}}, "{}"}, 200},
        {{"PATCH", info_path, {{"Content-Type", "text/json"}}, "{}"}, 200},
        {{"GET", "/api/v1/", {}, {}}, 200},
        {{"GET", "/api/state/Cust12345", {}, {}}, 200},
        {{"GET", "/api/v1/Agents/Person/GetPersonImage", {}, {}}, 200},
        // Errors, those of the image routes among them.
        {{"GET", "/nothing", {}, {}}, 404},
        {{"PATCH", image_path, {}, {}}, 405},
        {{"GET", "/api/v1/Person/2/Image", {}, {}}, 404},
        {{"GET", "/api/v1/Person/x/Image", {}, {}}, 400},
        {put_image({}, "no picture"), 400},
        {{"GET", image_path, {{"Range", "bytes=100000-"}}, {}}, 416},
        {{"GET", image_path, {{"If-Match", "\"x\""}}, {}}, 412},
        {{"GET", info_path, {{"If-Match", "\"x\""}}, {}}, 412},
        {{"PUT", info_path, {{"Content-Type", "text/json"}}, "{"}, 400},
        {{"PUT", info_path, {{"Content-Type", "text/plain"}}, "{}"}, 415},
        {{"GET", info_path, {{"Authorization", "-"}}, {}}, 401},
    };
    struct Case {
        std::string accept;
        std::string type;
    };
    for (const auto& [accept, type] :
         {Case{"application/json", "application/json"}, Case{"text/json", "text/json"},
          Case{"application/xml", "application/xml"}, Case{"text/xml", "text/xml"},
          Case{"application/json-patch+json", "application/json-patch+json"},
          Case{"application/merge-patch+json", "application/merge-patch+json"},
          Case{"*/*", "application/json"}, Case{"text/*", "text/json"}, Case{"text/html", "text/html"},
          Case{"application/json;q=0.1, text/xml", "text/xml"}}) {
        for (const auto& [request, status] : requests) {
            CAPTURE(accept, request.method, request.target, status);
            const auto response = fixture.send(accepting(request, accept));
            CHECK(response.status == status);
            const bool has_type = type != "text/html" || status >= 400; // no document is HTML
            CHECK(field(response, "Content-Type") ==
                  (has_type ? type : "application/json") + "; charset=utf-8");
            CHECK(field(response, "Vary").find("Accept") == 0);
        }
    }
}

TEST_CASE("an answer has the same content in XML and in JSON", "[endpoint][negotiation][xml]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_image()).status == 200);
    const std::string text = R"({"Description":"<a> & \"b\"\r\n æ","ExtraInfo":" "})";
    REQUIRE(fixture.send({"PUT", info_path, {{"Content-Type", "text/json"}}, text}).status == 200);
    const auto check = [&](const Request& request, unsigned status, const std::string& root) {
        CAPTURE(request.method, request.target);
        const auto as_json = fixture.send(accepting(request, "application/json"));
        CHECK(as_json.status == status);
        check_same(as_json, fixture.send(accepting(request, "application/xml")), root);
    };
    check({"GET", info_path, {}, {}}, 200, "BlobEntity");
    check({"GET", "/api/v1/Person/2/ImageInfo", {}, {}}, 200, "BlobEntity");
    check({"PUT", info_path, {{"Content-Type", "text/json"}}, "{}"}, 200, "BlobEntity");
    check(put_image(), 200, "int");
    check({"GET", "/api", {}, {}}, 200, "Api");
    check({"GET", "/api/v1/Agents/Person/SetPersonImage", {}, {}}, 200, "Call");
    check({"GET", "/api/v1/User/currentPrincipal", {}, {}}, 200, "SoPrincipalCarrier");
    check({"GET", "/api/v1/Person/1", {}, {}}, 200, "PersonEntity");
    check({"GET", "/api/v1/Person/1/Simple", {}, {}}, 200, "Person");
    check({"GET", "/api/v1/portrait/persons", {}, {}}, 200, "Persons");
    check({"GET", "/api/v1/Person/99/Image", {}, {}}, 404, "Error");
    check({"GET", info_path, {{"Authorization", "-"}}, {}}, 401, "Error");
    check({"PUT", image_path, {{"Content-Type", "image/png"}}, std::string(11 * 1024 * 1024, 'x')}, 413,
          "Error");
    check({"PATCH", image_path, {}, {}}, 405, "Error");
    check({"GET", info_path, {{"Authorization", basic_authorization("throw", "x")}}, {}}, 500, "Error");
}

TEST_CASE("the shapes of XML are the contract's", "[endpoint][xml]") {
    const EndpointFixture fixture;
    const auto saved = fixture.send(accepting(put_image(), "text/xml"));
    CHECK(saved.body_text() == "<int>1</int>");
    CHECK(saved.reason == "The image blob id");
    CHECK(fixture.send(accepting({"GET", "/api/v1/Person/99/ImageInfo", {}, {}}, "text/xml")).body_text() ==
          "<Error><Error>true</Error><ErrorType>SoNotFoundException</ErrorType>"
          "<ErrorMessage>Person id 99 not found</ErrorMessage><ErrorSource>portrait</ErrorSource>"
          "<Rule>person.unknown</Rule></Error>");
    const auto entity = fixture.send(accepting({"GET", info_path, {}, {}}, "text/xml"));
    CHECK(entity.body_text().find(R"(<BlobEntity xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)"
                                  "<BlobId>1</BlobId><BlobSize>") == 0);
    CHECK(entity.body_text().find(
              "<TableRight><Mask>Select, Update, Delete</Mask><Reason/></TableRight>"
              "<FieldProperties><Item><Key>BlobId</Key><Value>"
              "<FieldRight><Mask>None</Mask><Reason/></FieldRight><FieldType>System.Int32</FieldType>") !=
          std::string_view::npos);
}

TEST_CASE("a picture is answered with any Accept for documents", "[endpoint][negotiation]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_image()).status == 200);
    for (const std::string accept : {"application/json", "text/xml", "image/*"})
        CHECK(field(fixture.send(accepting({}, accept)), "Content-Type") == "image/png");
}

TEST_CASE("JSON and XML of an entity have tags of their own", "[endpoint][conditional]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_image()).status == 200);
    const Request info{"GET", info_path, {}, {}};
    const auto json_tag = field(fixture.send(info), "ETag");
    const auto xml_tag = field(fixture.send(accepting(info, "text/xml")), "ETag");
    CHECK(json_tag != xml_tag);
    auto conditional = info;
    conditional.fields.emplace_back("If-None-Match", json_tag);
    CHECK(fixture.send(accepting(conditional, "text/json")).status == 304);
    CHECK(fixture.send(accepting(conditional, "text/xml")).status == 200);
}

TEST_CASE("a host's refusals are negotiated as well", "[endpoint][negotiation]") {
    const EndpointFixture fixture;
    http::RequestHead head{.method = "PUT", .target = image_path};
    head.fields.push_back({"Accept", "text/xml"});
    const auto response = fixture.endpoint->refuse(http::body_too_large(10, 11), &head);
    CHECK(field(response, "Content-Type") == "text/xml; charset=utf-8");
    CHECK(response.body_text().find("<Observed>11</Observed><Limit>10</Limit>") != std::string_view::npos);
    CHECK(field(fixture.endpoint->refuse(http::body_too_large(10, 11), nullptr), "Content-Type") ==
          "application/json; charset=utf-8");
}

} // namespace endpoint_documents_test
