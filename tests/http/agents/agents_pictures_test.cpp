#include "agents_fixture.hpp"
#include "support/catch.hpp"
#include "support/response_field.hpp"

namespace agents_pictures_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

const std::string person_1 = R"({"personId":1})";

} // namespace

TEST_CASE("bytes are raw, base64 or a picture by Accept", "[endpoint][agents][accept]") {
    enum class Kind { raw, picture, json, xml };
    struct Case {
        std::string accept;
        Kind kind;
        std::string type;
    };
    const AgentsFixture fixture;
    const auto png = fixture.give_person_1_a_picture();
    const std::string octets = "application/octet-stream";
    const auto wanted = GENERATE_COPY(values<Case>({
        {"application/octet-stream", Kind::raw, octets},
        {"*/*", Kind::raw, octets},
        {"application/*", Kind::raw, octets},
        {"application/json;q=0.5, */*", Kind::raw, octets},
        {"image/png", Kind::picture, "image/png"},
        {"image/*", Kind::picture, "image/png"},
        {"image/gif", Kind::picture, "image/png"},
        {"application/json;q=0.1, image/jpeg", Kind::picture, "image/png"},
        {"application/json", Kind::json, "application/json; charset=utf-8"},
        {"application/json, text/plain, */*", Kind::json, "application/json; charset=utf-8"},
        {"text/json", Kind::json, "text/json; charset=utf-8"},
        {"text/html", Kind::json, "application/json; charset=utf-8"},
        {"application/octet-stream;q=0", Kind::json, "application/json; charset=utf-8"},
        {"application/xml", Kind::xml, "application/xml; charset=utf-8"},
        {"text/xml", Kind::xml, "text/xml; charset=utf-8"},
    }));
    CAPTURE(wanted.accept);
    for (const auto& [name, body] : {std::pair<std::string, std::string>{"Person/GetPersonImage", person_1},
                                     {"BLOB/GetPersonImage", person_1},
                                     {"BLOB/GetBlobStream", R"({"blobEntityId":1})"}}) {
        const auto response = fixture.call_accepting(name, body, wanted.accept);
        CHECK(response.status == 200);
        CHECK(field(response, "Content-Type") == wanted.type);
        CHECK(response.find("Vary")->find("Accept") == 0);
        CHECK(field(response, "X-Content-Type-Options") == "nosniff");
        const auto base64 = base64_of(png);
        switch (wanted.kind) {
        case Kind::raw:
        case Kind::picture: CHECK(response.body_text() == png); break;
        case Kind::json: CHECK(response.body_text() == '"' + base64 + '"'); break;
        case Kind::xml: CHECK(response.body_text() == "<base64Binary>" + base64 + "</base64Binary>"); break;
        }
    }
}

TEST_CASE("a picture of any length is whole as base64", "[endpoint][agents]") {
    const AgentsFixture fixture;
    // Sizes around the length of a piece, with each padding.
    const auto length =
        GENERATE(std::size_t{48 * 1024 - 1}, std::size_t{48 * 1024}, std::size_t{48 * 1024 + 1},
                 std::size_t{96 * 1024}, std::size_t{96 * 1024 + 1}, std::size_t{300'002});
    const auto bytes = make_jpeg_of_size(length);
    const std::string picture{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    REQUIRE(picture.size() == length);
    REQUIRE(
        fixture.send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "image/jpeg"}}, picture}).status ==
        200);
    const auto json = fixture.call_accepting("Person/GetPersonImage", person_1, "application/json");
    CHECK(json.status == 200);
    CHECK((json.body_text() == '"' + base64_of(picture) + '"'));
    CHECK(json.length() == json.body_text().size());
    const auto xml = fixture.call_accepting("Person/GetPersonImage", person_1, "application/xml");
    CHECK((xml.body_text() == "<base64Binary>" + base64_of(picture) + "</base64Binary>"));
    CHECK(xml.length() == xml.body_text().size());
}

TEST_CASE("no Accept at all gives the bytes raw", "[endpoint][agents][accept]") {
    const AgentsFixture fixture;
    const auto png = fixture.give_person_1_a_picture();
    const auto response = fixture.call("BLOB/GetPersonImage", person_1);
    CHECK(response.body_text() == png);
    CHECK(field(response, "Content-Type") == "application/octet-stream");
}

TEST_CASE("a person without a picture is 404 for one agent and nothing for the other", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const auto missing = fixture.call("Person/GetPersonImage", person_1);
    CHECK(missing.status == 404);
    CHECK(fixture.rule_of(missing) == "image.none");
    struct Nothing {
        std::string accept;
        std::string body;
    };
    for (const auto& [accept, body] :
         {Nothing{"application/octet-stream", ""}, Nothing{"image/*", ""},
          Nothing{"application/json", "\"\""}, Nothing{"application/xml", "<base64Binary></base64Binary>"}}) {
        const auto response = fixture.call_accepting("BLOB/GetPersonImage", person_1, accept);
        CHECK(response.status == 200);
        CHECK(response.body_text() == body);
    }
}

TEST_CASE("an unknown person is 404 for reads and 400 for writes", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const auto image = base64_of(text_of(make_png()));
    for (const std::string name :
         {"Person/GetPersonImage", "BLOB/GetPersonImage", "BLOB/GetBlobEntityOnPerson"}) {
        CAPTURE(name);
        const auto response = fixture.call(name, R"({"PersonId":99})");
        CHECK(response.status == 404);
        CHECK(fixture.rule_of(response) == "person.unknown");
    }
    for (const auto& [name, body] :
         {std::pair<std::string, std::string>{"Person/SetPersonImage",
                                              R"({"PersonId":99,"Image":")" + image + "\"}"},
          {"BLOB/SetPersonImage", R"({"PersonId":99,"Image":")" + image + "\"}"},
          {"BLOB/ChangePersonImage", R"({"PersonId":99,"BlobId":1})"},
          {"BLOB/ChangePersonImage", R"({"PersonId":99,"BlobId":0})"}}) {
        CAPTURE(name);
        const auto response = fixture.call(name, body);
        CHECK(response.status == 400);
        CHECK(fixture.rule_of(response) == "person.unknown");
    }
}

TEST_CASE("SetPersonImage of either agent stores as PUT Image does", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const std::string name = GENERATE(as<std::string>{}, "Person/SetPersonImage", "BLOB/SetPersonImage");
    const auto gif = text_of(make_gif(5, 6));
    const auto body = [](const std::string& bytes) {
        return R"({"PersonId":1,"Image":")" + base64_of(bytes) + "\"}";
    };
    const auto stored = fixture.call(name, body(gif));
    CHECK(stored.status == 204);
    CHECK(stored.body_text().empty());
    const auto picture = fixture.send({});
    CHECK(picture.body_text() == gif);
    CHECK(field(picture, "Content-Type") == "image/gif");
    CHECK(field(picture, "ETag") == field(stored, "X-Image-ETag"));
    const auto entity = fixture.object_of(fixture.send({"GET", "/api/v1/Person/1/ImageInfo", {}, {}}));
    CHECK(entity.at("ConceptualType") == "PERSONPHOTO");
    CHECK(entity.at("CreatedBy").as_object().at("AssociateId") == 5);

    for (const std::string& nothing :
         {std::string{R"({"PersonId":1})"}, std::string{R"({"PersonId":1,"Image":null})"}, body("")}) {
        const auto empty = fixture.call(name, nothing);
        CHECK(empty.status == 400);
        CHECK(fixture.rule_of(empty) == "image.empty");
    }
    CHECK(fixture.rule_of(fixture.call(name, body("plain text"))) == "image.unknown_format");
    const auto huge = fixture.call(name, body(text_of(make_png_claiming(100'000, 100'000))));
    CHECK(huge.status == 422);
    CHECK(fixture.rule_of(huge) == "image.too_many_pixels");
    CHECK(fixture.call(name, body(gif), {{"If-Match", "\"1.99.99\""}}).status == 412);
    CHECK(fixture.call(name, body(gif), {{"If-Match", field(stored, "X-Image-ETag")}}).status == 204);
    CHECK(fixture.send({}).body_text() == gif);
}

TEST_CASE("a picture is stored by XML, and errors come in XML", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const auto png = text_of(make_png());
    CHECK(fixture
              .call_xml("Person/SetPersonImage",
                        "<r><PersonId>1</PersonId><Image>" + base64_of(png) + "</Image></r>")
              .status == 204);
    CHECK(fixture.send({}).body_text() == png);
    const auto error = fixture.call_xml("Person/SetPersonImage", "<r><PersonId>x</PersonId></r>");
    CHECK(error.status == 400);
    CHECK(field(error, "Content-Type") == "application/xml; charset=utf-8");
    CHECK(error.body_text().find("PersonId") != std::string_view::npos);
}

TEST_CASE("calls that need scaling are 501 here, after their arguments are judged", "[endpoint][agents]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    std::string ids = "1";
    for (int id = 2; id <= 1000; ++id)
        ids += "," + std::to_string(id);
    for (const auto& [name, body] :
         {std::pair<std::string, std::string>{"Person/GetPersonImages", R"({"PersonIds":[]})"},
          {"Person/GetPersonImages", R"({"PersonIds":[)" + ids + R"(],"ScaledWidth":null})"},
          {"BLOB/GetPersonImageWithSize", R"({"PersonId":1})"}}) {
        const auto response = fixture.call(name, body);
        CHECK(response.status == 501);
        CHECK(fixture.rule_of(response) == "rendition.not_supported");
        CHECK(fixture.object_of(response).at("ErrorType") == "SoNotSupportedException");
    }
    CHECK(fixture.call_xml("Person/GetPersonImages", "<r><PersonIds><int>1</int><int>2</int></PersonIds></r>")
              .status == 501);
    CHECK(fixture.call_xml("Person/GetPersonImages", "<r><PersonIds><int>x</int></PersonIds></r>").status ==
          400);
    CHECK(fixture
              .call("Person/GetPersonImages", "PersonIds=1&PersonIds=2",
                    {{"Content-Type", "application/x-www-form-urlencoded"}})
              .status == 501);
    const auto too_many = fixture.call("Person/GetPersonImages", R"({"PersonIds":[)" + ids + ",1001]}");
    CHECK(too_many.status == 400);
    CHECK(fixture.object_of(too_many).at("Limit") == 1000);
}

TEST_CASE("a default PersonImage is empty", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const auto body = GENERATE(as<std::string>{}, "", "null", "{}", "not JSON at all");
    CHECK(fixture.call("Person/CreateDefaultPersonImage", body).body_text() ==
          R"({"PersonId":0,"ImageData":null})");
    const auto as_xml = fixture.call_accepting("Person/CreateDefaultPersonImage", body, "text/xml");
    CHECK(as_xml.body_text().find("<PersonId>0</PersonId><ImageData xsi:nil=\"true\"/></PersonImage>") !=
          std::string_view::npos);
}

} // namespace agents_pictures_test
