#include "agents_fixture.hpp"
#include "support/catch.hpp"

#include <boost/json/serialize.hpp>

namespace agents_blobs_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

std::string entity_of(int blob_id) {
    return "BLOB/GetBlobEntity?blobEntityId=" + std::to_string(blob_id);
}

std::string stream(int blob_id, const std::string& bytes) {
    return R"({"BlobEntityId":)" + std::to_string(blob_id) + R"(,"Stream":")" + base64_of(bytes) + "\"}";
}

} // namespace

TEST_CASE("a stored image stream is linked to nobody until it is", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto type = GENERATE(as<std::string>{}, "\"PersonImage\"", "\"personimage\"", "1", "\"1\"");
    CAPTURE(type);
    const auto gif = text_of(make_gif());
    const auto saved =
        fixture.call("BLOB/SaveImageStream", R"({"type":)" + type + R"(,"image":")" + base64_of(gif) +
                                                 R"(","description":"a portrait"})");
    CHECK(saved.status == 200);
    CHECK(saved.body_text() == "1");
    CHECK(*saved.find("Content-Type") == "application/json; charset=utf-8");
    const auto entity = fixture.object_of(fixture.call(entity_of(1), "null"));
    CHECK(entity.at("Description") == "a portrait");
    CHECK(entity.at("MimeType") == "image/gif");
    CHECK(entity.at("ConceptualType") == "PERSONPHOTO");
    CHECK(entity.at("BlobSize") == gif.size());
    CHECK(fixture.send({}).status == 404);
    CHECK(fixture.call("BLOB/ChangePersonImage", R"({"PersonId":1,"BlobId":1})").status == 204);
    CHECK(fixture.send({}).body_text() == gif);
}

TEST_CASE("a stored image stream's id in XML", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto saved = fixture.call_xml(
        "BLOB/SaveImageStream", "<r><Type>1</Type><Image>" + base64_of(text_of(make_png())) + "</Image></r>");
    CHECK(saved.status == 200);
    CHECK(saved.body_text() == "<int>1</int>");
}

TEST_CASE("an image stream is judged as every upload", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    CHECK(fixture.rule_of(fixture.call("BLOB/SaveImageStream", R"({"Type":1})")) == "image.empty");
    CHECK(fixture.rule_of(fixture.call("BLOB/SaveImageStream", R"({"Type":1,"Image":""})")) == "image.empty");
    CHECK(fixture.call("BLOB/SaveImageStream", R"({"Type":1,"Image":"AAAA"})").status == 400);
    const auto text = R"({"Type":1,"Image":")" + base64_of(text_of(make_png())) + R"(","Description":")";
    const auto long_text = fixture.call("BLOB/SaveImageStream", text + std::string(2049, 'x') + "\"}");
    CHECK(long_text.status == 400);
    CHECK(fixture.rule_of(long_text) == "info.text_too_long");
    CHECK(fixture.rule_of(fixture.call("BLOB/SaveImageStream", text + "a\\u0000b\"}")) ==
          "info.text_invalid");
    CHECK(fixture.call(entity_of(1), "null").body_text() == "null");
}

TEST_CASE("SaveImageStream takes every BlobLinkType by name and by number", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto image = R"(,"Image":")" + base64_of(text_of(make_png())) + "\"}";
    const auto conceptual_type = [&](const std::string& type) {
        const auto saved = fixture.call("BLOB/SaveImageStream", R"({"Type":)" + type + image);
        REQUIRE(saved.status == 200);
        const auto id = std::stoi(std::string{saved.body_text()});
        return std::string{
            fixture.object_of(fixture.call(entity_of(id), "")).at("ConceptualType").as_string()};
    };
    for (const std::string type : {"1", R"("1")", R"("PersonImage")", R"("personimage")"})
        CHECK(conceptual_type(type) == "PERSONPHOTO");
    for (const std::string type : {"2", R"("ProjectImage")", R"("19")", R"("ExtraTableIcon")"})
        CHECK(conceptual_type(type).empty());
    for (const std::string type : {"0", "20", "-1", R"("Picture")", R"("")", "null"}) {
        CAPTURE(type);
        const auto refused = fixture.call("BLOB/SaveImageStream", R"({"Type":)" + type + image);
        CHECK(refused.status == 400);
        CHECK(fixture.message_of(refused).find("PersonImage") != std::string::npos);
    }
}

TEST_CASE("a person is linked, linked elsewhere, and unlinked", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto first = fixture.give_person_1_a_picture();
    const auto change = [&](int person, int blob) {
        return fixture.call("BLOB/ChangePersonImage", R"({"PersonId":)" + std::to_string(person) +
                                                          R"(,"BlobId":)" + std::to_string(blob) + "}");
    };
    CHECK(change(2, 1).status == 204);
    CHECK(fixture.send({"GET", "/api/v1/Person/2/Image", {}, {}}).body_text() == first);
    const auto unknown = change(1, 77);
    CHECK(unknown.status == 404);
    CHECK(fixture.rule_of(unknown) == "blob.unknown");
    const auto empty = change(1, fixture.make_empty_blob());
    CHECK(empty.status == 400);
    CHECK(fixture.rule_of(empty) == "blob.without_image");
    CHECK(fixture.send({}).body_text() == first);
    CHECK(change(1, 0).status == 204);
    CHECK(fixture.send({}).status == 404);
    CHECK(change(1, 0).status == 204);
    CHECK(change(2, 0).status == 204);
    CHECK(fixture.call(entity_of(1), "null").status == 200);
    CHECK(fixture.call("BLOB/ChangePersonImage", R"({"PersonId":99,"BlobId":1})").status == 400);
}

TEST_CASE("a BlobEntity is read by person and by id", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    const auto info = fixture.object_of(fixture.send({"GET", "/api/v1/Person/1/ImageInfo", {}, {}}));
    CHECK(fixture.object_of(fixture.call("BLOB/GetBlobEntityOnPerson", R"({"PersonId":1})")) == info);
    CHECK(fixture.object_of(fixture.call(entity_of(1), "null")) == info);
    CHECK(fixture.object_of(fixture.call("BLOB/GetBlobEntity?BLOBENTITYID=1", "")) == info);
    const auto none = fixture.call("BLOB/GetBlobEntityOnPerson", R"({"PersonId":2})");
    CHECK(none.status == 200);
    CHECK(fixture.object_of(none).at("BlobId") == 0);
    CHECK(none.body_text() == fixture.send({"GET", "/api/v1/Person/2/ImageInfo", {}, {}}).body_text());
    CHECK(fixture.call("BLOB/CreateDefaultBlobEntity", "null").body_text() == none.body_text());
    const auto unknown = fixture.call(entity_of(5), "null");
    CHECK(unknown.status == 200);
    CHECK(unknown.body_text() == "null");
    CHECK(fixture.call(entity_of(5) + "&$select=BlobId", "null").body_text() == "null");
    CHECK(fixture.call_accepting(entity_of(5), "null", "text/xml").body_text() ==
          R"(<BlobEntity xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>)");
    CHECK(
        fixture.call_accepting(entity_of(1), "null", "application/xml").body_text() ==
        fixture.send({"GET", "/api/v1/Person/1/ImageInfo", {{"Accept", "application/xml"}}, {}}).body_text());
}

TEST_CASE("a saved BlobEntity is a new blob or changes texts", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto created =
        fixture.call("BLOB/SaveBlobEntity", R"({"Description":"new","MimeType":"image/png"})");
    CHECK(created.status == 200);
    auto entity = fixture.object_of(created);
    CHECK(entity.at("BlobId") == 1);
    CHECK(entity.at("BlobSize") == 0);
    CHECK(entity.at("MimeType") == "");
    CHECK(entity.at("Description") == "new");
    // The entity is sent back with one property changed, as the vendor's client does.
    entity["ExtraInfo"] = "more";
    auto updated = fixture.object_of(fixture.call("BLOB/SaveBlobEntity", json::serialize(entity)));
    CHECK(updated.at("BlobId") == 1);
    CHECK(updated.at("Description") == "new");
    CHECK(updated.at("ExtraInfo") == "more");
    // Absent properties keep their values, null empties them.
    updated = fixture.object_of(
        fixture.call("BLOB/SaveBlobEntity", R"({"blobId":1,"description":null,"conceptualType":"LOGO"})"));
    CHECK(updated.at("Description") == "");
    CHECK(updated.at("ExtraInfo") == "more");
    CHECK(updated.at("ConceptualType") == "LOGO");
    REQUIRE(fixture.call_xml("BLOB/SaveBlobEntity", "<BlobEntity/>").status == 200);
    CHECK(fixture.call(entity_of(2), "null").status == 200);
    const auto by_xml = fixture.call_xml(
        "BLOB/SaveBlobEntity",
        "<BlobEntity><BlobId>1</BlobId><Description>a &lt; b</Description>"
        "<ExtraInfo xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/></BlobEntity>");
    CHECK(by_xml.status == 200);
    updated = fixture.object_of(fixture.call(entity_of(1), "null"));
    CHECK(updated.at("Description") == "a < b");
    CHECK(updated.at("ExtraInfo") == "");
    const auto unknown = fixture.call("BLOB/SaveBlobEntity", R"({"BlobId":77,"Description":"x"})");
    CHECK(unknown.status == 404);
    CHECK(fixture.rule_of(unknown) == "blob.unknown");
    const auto long_text = fixture.call("BLOB/SaveBlobEntity",
                                        R"({"BlobId":1,"Description":")" + std::string(2049, 'x') + "\"}");
    CHECK(fixture.rule_of(long_text) == "info.text_too_long");
    CHECK(fixture.call("BLOB/SaveBlobEntity", R"({"BlobId":1})", {{"If-Match", "\"1.99.0\""}}).status == 412);
}

TEST_CASE("a language's view of a BlobEntity sent back changes nothing", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const std::string stored = R"(US:"Photo";NO:"Bilde")";
    const json::object blob{{"BlobId", 0}, {"Description", stored}, {"ExtraInfo", stored}};
    REQUIRE(fixture.call("BLOB/SaveBlobEntity", json::serialize(blob)).status == 200);
    const RawFields norwegian{{"SO-Language", "no"}};
    auto view = fixture.object_of(fixture.call(entity_of(1), "null", norwegian));
    CHECK(view.at("Description") == "Bilde");
    view["ExtraInfo"] = "changed";
    const auto saved = fixture.call("BLOB/SaveBlobEntity", json::serialize(view), norwegian);
    CHECK(saved.status == 200);
    CHECK(*saved.find("Content-Language") == "no");
    CHECK(fixture.object_of(saved).at("Description") == "Bilde");
    const auto now = fixture.object_of(fixture.call(entity_of(1), "null"));
    CHECK(now.at("Description") == json::value(stored));
    CHECK(now.at("ExtraInfo") == "changed");
    CHECK(fixture
              .call("BLOB/SaveBlobEntity", json::serialize(view),
                    {{"SO-Language", "no"}, {"If-Match", "\"1.99.0\""}})
              .status == 412);
    CHECK(fixture.call("BLOB/SaveBlobEntity", R"({"BlobId":9})", norwegian).status == 404);
    CHECK(fixture.call(entity_of(1), "null", {{"SO-TimeZone", "Nowhere/City"}}).status == 400);
}

TEST_CASE("a deleted BlobEntity leaves persons without a picture", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    REQUIRE(fixture.call("BLOB/ChangePersonImage", R"({"PersonId":2,"BlobId":1})").status == 204);
    CHECK(fixture.call("BLOB/DeleteBlobEntity?BlobEntityId=1", "null", {{"If-Match", "\"1.99.0\""}}).status ==
          412);
    const auto deleted = fixture.call("BLOB/DeleteBlobEntity?BlobEntityId=1", "null");
    CHECK(deleted.status == 204);
    CHECK(deleted.body_text().empty());
    CHECK(fixture.send({}).status == 404);
    CHECK(fixture.send({"GET", "/api/v1/Person/2/Image", {}, {}}).status == 404);
    CHECK(fixture.call(entity_of(1), "null").body_text() == "null");
    CHECK(fixture.call("BLOB/DeleteBlobEntity?blobEntityId=1", "null").status == 204);
    CHECK(fixture.call("BLOB/DeleteBlobEntity?blobEntityId=1", "null", {{"If-Match", "*"}}).status == 412);
}

TEST_CASE("a blob's bytes come and are replaced by streams", "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    const auto blob = fixture.make_empty_blob();
    const auto read = R"({"blobEntityId":)" + std::to_string(blob) + "}";
    const auto nothing = fixture.call("BLOB/GetBlobStream", read);
    CHECK(nothing.status == 200);
    CHECK(nothing.body_text().empty());
    CHECK(fixture.call_accepting("BLOB/GetBlobStream", read, "application/json").body_text() == "\"\"");
    for (const auto& bytes : {text_of(make_gif()), text_of(make_png(7, 7))}) {
        const auto set = fixture.call("BLOB/SetBlobStream", stream(blob, bytes));
        CHECK(set.status == 204);
        CHECK(set.find("ETag") == nullptr); // of the body, which a POST's address doesn't name
        CHECK(set.find("X-Image-ETag") != nullptr);
        CHECK(fixture.call("BLOB/GetBlobStream", read).body_text() == bytes);
        CHECK(fixture.object_of(fixture.call(entity_of(blob), "null")).at("BlobSize") == bytes.size());
    }
    const auto unknown = fixture.call("BLOB/GetBlobStream", R"({"BlobEntityId":77})");
    CHECK(unknown.status == 200);
    CHECK(unknown.body_text().empty());
    CHECK(fixture.call_accepting("BLOB/GetBlobStream", R"({"BlobEntityId":77})", "application/json")
              .body_text() == "null");
    const auto set_unknown = fixture.call("BLOB/SetBlobStream", stream(77, text_of(make_gif())));
    CHECK(set_unknown.status == 404);
    CHECK(fixture.rule_of(set_unknown) == "blob.unknown");
    CHECK(fixture.message_of(set_unknown) == "Blob id 77 not found");
    CHECK(fixture.rule_of(fixture.call("BLOB/SetBlobStream", stream(blob, ""))) == "image.empty");
    CHECK(fixture.call("BLOB/SetBlobStream", stream(blob, "text")).status == 400);
    CHECK(fixture.call("BLOB/SetBlobStream", stream(blob, text_of(make_png()).substr(0, 20))).status == 422);
    CHECK(fixture.call("BLOB/GetBlobStream", read).body_text() == text_of(make_png(7, 7)));
}

TEST_CASE("$select leaves the properties that it names, and null for the others",
          "[endpoint][agents][blob]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    /// The members that aren't null; every member has to be there.
    const auto left = [&](const http::Response& response, std::size_t members = 15) {
        boost::json::object rest;
        const auto whole = fixture.object_of(response);
        CHECK(whole.size() == members);
        for (const auto& member : whole)
            if (!member.value().is_null())
                rest.emplace(member.key(), member.value());
        return boost::json::serialize(rest);
    };
    CHECK(left(fixture.call("BLOB/GetBlobEntityOnPerson?$select=mimetype,BlobId", R"({"PersonId":1})")) ==
          R"({"BlobId":1,"MimeType":"image/png"})");
    CHECK(left(fixture.call("BLOB/GetBlobEntity?blobEntityId=1&%24select=%20BlobSize%20,,Unknown", "null"))
              .starts_with(R"({"BlobSize":)"));
    CHECK(fixture.object_of(fixture.call("BLOB/GetBlobEntity?blobEntityId=1&$select=CreatedBy/Name", "null"))
              .at("CreatedBy")
              .as_object()
              .at("Name") == "tje0");
    CHECK(left(fixture.call("BLOB/CreateDefaultBlobEntity?$SELECT=description", "null")) ==
          R"({"Description":""})");
    CHECK(left(fixture.call("BLOB/SaveBlobEntity?$select=BlobId", "{}")) == R"({"BlobId":2})");
    CHECK(left(fixture.call("Person/CreateDefaultPersonImage?$select=personId", "null"), 2) ==
          R"({"PersonId":0})");
    CHECK(fixture.call_accepting("BLOB/GetBlobEntity?blobEntityId=1&$select=BlobId", "null", "text/xml")
              .body_text()
              .starts_with(
                  R"(<BlobEntity xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><BlobId>1</BlobId>)"
                  R"(<BlobSize xsi:nil="true"/>)"));
    // Blank: as absent.
    CHECK(fixture.object_of(fixture.call("BLOB/GetBlobEntity?blobEntityId=1&$select=", "null"))
              .at("IsZipped") == false);
}

} // namespace agents_blobs_test
