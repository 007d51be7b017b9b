#include "entity/blob_entity.hpp"
#include "formats/xml.hpp"
#include "support/catch.hpp"
#include "xml_values.hpp"

#include <boost/json/parse.hpp>

#include <string>

namespace blob_entity_test {

using namespace portrait;
using namespace portrait::http;
using namespace portrait::testing;
namespace json = boost::json;

namespace {

ImageInfo picture_info() {
    ImageInfo info{.blob_id = BlobId::from(167).value()};
    info.size = 4711;
    info.format = ImageFormat::png;
    info.description = "a <b> & \"c\"\r\n\xC3\xA6 \xF0\x9F\x98\x80";
    info.extra_info = " x ";
    info.conceptual_type = "PERSONPHOTO";
    info.created_at = Timestamp{std::chrono::seconds{1'700'000'000}};
    info.updated_at = info.created_at + std::chrono::milliseconds{60'999};
    info.created_by = {.associate_id = 5, .name = "tje0", .full_name = "Terje & Co", .person_id = 9};
    return info;
}

ImageInfoChange read(BodyType type, std::string_view body) {
    const auto change = read_blob_entity(type, body);
    REQUIRE(change.has_value());
    return *change;
}

Problem refused(BodyType type, std::string_view body) {
    const auto change = read_blob_entity(type, body);
    REQUIRE(change.has_error());
    CHECK(change.error().status == 400);
    return change.error();
}

} // namespace

TEST_CASE("the entity's text equals its serialized document", "[blob_entity]") {
    const auto info = picture_info();
    for (const auto* shown : {&info, static_cast<const ImageInfo*>(nullptr)}) {
        const auto entity = blob_entity(shown);
        CHECK(entity.size() == 15);
        CHECK(blob_entity_text(ResponseType::application_json, shown) == json::serialize(entity));
        CHECK(blob_entity_text(ResponseType::merge_patch, shown) == json::serialize(entity));
    }
    const auto entity = blob_entity(&info);
    CHECK(entity.at("BlobId") == 167);
    CHECK(entity.at("UpdatedDate") == "2023-11-14T22:14:20Z");
    CHECK(entity.at("CreatedBy").at("AssociateId") == 5);
    CHECK(entity.at("UpdatedBy").is_null());
}

TEST_CASE("the entity has the caller's rights and the fields' lengths", "[blob_entity]") {
    const auto info = picture_info();
    for (const bool may_write : {true, false}) {
        const auto entity =
            json::parse(blob_entity_text(ResponseType::application_json, &info, {}, may_write));
        CHECK(json::serialize(entity.at("TableRight")) ==
              (may_write ? R"({"Mask":"Select, Update, Delete","Reason":""})"
                         : R"({"Mask":"Select","Reason":""})"));
        const auto& fields = entity.at("FieldProperties");
        const auto description = json::serialize(fields.at("Description"));
        CHECK(
            description ==
            (may_write
                 ? R"({"FieldRight":{"Mask":"Update","Reason":""},"FieldType":"System.String","FieldLength":2048})"
                 : R"({"FieldRight":{"Mask":"None","Reason":""},"FieldType":"System.String","FieldLength":2048})"));
        CHECK(fields.at("BlobId").at("FieldRight").at("Mask") == "None");
        for (const auto& [name, length] :
             {std::pair{"BlobId", 4}, {"CreatedDate", 16}, {"IsZipped", 2}, {"ConceptualType", 254}})
            CHECK(fields.at(name).at("FieldLength") == length);
        CHECK(entity.at("CreatedBy").at("TableRight").at("Mask") == "Select");
        CHECK(entity.at("CreatedBy").at("FieldProperties").as_object().empty());
    }
}

TEST_CASE("dates of an empty entity are .NET's smallest, which typed clients accept", "[blob_entity]") {
    const auto entity = json::parse(blob_entity_text(ResponseType::application_json, nullptr));
    CHECK(entity.at("CreatedDate") == "0001-01-01T00:00:00");
    CHECK(entity.at("UpdatedDate") == "0001-01-01T00:00:00");
    CHECK(blob_entity_text(ResponseType::application_xml, nullptr)
              .find("<CreatedDate>0001-01-01T00:00:00</CreatedDate>") != std::string::npos);
}

TEST_CASE("the entity has equal properties in XML and in JSON", "[blob_entity][xml]") {
    const auto info = picture_info();
    for (const auto* shown : {&info, static_cast<const ImageInfo*>(nullptr)}) {
        const auto text = blob_entity_text(ResponseType::application_xml, shown);
        const auto document = read_xml(text);
        REQUIRE(document.has_value());
        CHECK(document->root == "BlobEntity");
        const auto entity = json::parse(blob_entity_text(ResponseType::application_json, shown));
        CHECK(document->value == as_xml_values(entity));
        // In the same order, too.
        std::size_t position = 0; // an Associate has members of equal names
        for (const auto& member : entity.as_object()) {
            const auto found = text.find("<" + std::string{member.key()}, position);
            REQUIRE(found != std::string::npos);
            position = found + 1;
        }
    }
}

TEST_CASE("an answer's body is accepted as a request's body", "[blob_entity]") {
    const auto info = picture_info();
    for (const auto& [response, body] : {std::pair{ResponseType::application_json, BodyType::json},
                                         std::pair{ResponseType::text_xml, BodyType::xml}}) {
        const auto change = read(body, blob_entity_text(response, &info));
        CHECK(change.description == info.description);
        CHECK(change.extra_info == info.extra_info);
        CHECK(change.conceptual_type == info.conceptual_type);
        CHECK(change.blob_id == info.blob_id);
    }
}

TEST_CASE("an entity changes the properties that it has", "[blob_entity]") {
    const auto change = read(BodyType::json, R"({"Description":"d"})");
    CHECK(change.description == "d");
    CHECK_FALSE(change.extra_info.has_value());
    CHECK_FALSE(change.conceptual_type.has_value());
    CHECK_FALSE(change.blob_id.has_value());
    CHECK(read(BodyType::json, R"({"dEsCrIpTiOn":"d"})").description == "d");
    CHECK(read(BodyType::xml, "<blobentity><description>d</description></blobentity>").description == "d");
    CHECK(read(BodyType::form, "DESCRIPTION=d+e&ExtraInfo=").description == "d e");
    CHECK(read(BodyType::form, "ExtraInfo=").extra_info == "");
    CHECK_FALSE(read(BodyType::json, "{}").description.has_value());
    CHECK_FALSE(read(BodyType::xml, "<BlobEntity/>").description.has_value());
}

TEST_CASE("null empties a text", "[blob_entity]") {
    CHECK(read(BodyType::json, R"({"Description":null})").description == "");
    CHECK(read(BodyType::xml, R"(<BlobEntity><Description i:nil="true"/></BlobEntity>)").description == "");
}

TEST_CASE("the last of several properties with one name wins, unknown ones are ignored", "[blob_entity]") {
    // As ASP.NET's Json.NET does; XML and forms follow it.
    CHECK(read(BodyType::json, R"({"Description":"1","description":"2"})").description == "2");
    CHECK(read(BodyType::json, R"({"Description":"1","Description":"2"})").description == "2");
    CHECK(read(BodyType::xml,
               "<BlobEntity><Description>1</Description><Description>2</Description></BlobEntity>")
              .description == "2");
    CHECK(read(BodyType::form, "Description=1&description=2").description == "2");
    const auto change =
        read(BodyType::json, R"({"Nothing":{"a":[1]},"MimeType":5,"IsZipped":"x","Width":1})");
    CHECK_FALSE(change.description.has_value());
}

TEST_CASE("a BlobId other than 0 is a precondition", "[blob_entity]") {
    CHECK_FALSE(read(BodyType::json, R"({"BlobId":0})").blob_id.has_value());
    CHECK(read(BodyType::json, R"({"blobid":167})").blob_id->value() == 167);
    CHECK(read(BodyType::json, R"({"BlobId":"167"})").blob_id->value() == 167); // as Json.NET reads it
    CHECK(read(BodyType::xml, "<BlobEntity><BlobId> 167 </BlobId></BlobEntity>").blob_id->value() == 167);
    CHECK(read(BodyType::form, "BlobId=167").blob_id->value() == 167);
    CHECK(refused(BodyType::json, R"({"BlobId":-1})").rule == "info.blob_id_mismatch");
}

TEST_CASE("a value of the wrong type is refused with its property's name", "[blob_entity]") {
    for (const std::string_view value : {"1", "true", "1.5", "[]", "{}", R"(["d"])"}) {
        CAPTURE(value);
        const auto problem = refused(BodyType::json, "{\"extrainfo\":" + std::string{value} + "}");
        CHECK(problem.rule == "request.property_type");
        CHECK(problem.message == "ExtraInfo has to be a string or null");
    }
    for (const std::string_view value : {"null", "true", "1.5", "167.0", "2147483648", "-2147483649",
                                         "99999999999999999999", R"("")", R"("1x")", "[]"}) {
        CAPTURE(value);
        const auto problem = refused(BodyType::json, "{\"BlobId\":" + std::string{value} + "}");
        CHECK(problem.rule == "request.property_type");
        CHECK(problem.message.find("BlobId") == 0);
    }
    CHECK(refused(BodyType::form, "BlobId=").rule == "request.property_type");
    CHECK(refused(BodyType::xml, "<BlobEntity><Description><a/></Description></BlobEntity>").rule ==
          "request.property_type");
    for (const std::string_view body : {"null", "[]", "1", "\"x\""}) {
        CAPTURE(body);
        CHECK(refused(BodyType::json, body).rule == "request.entity_type");
    }
    CHECK(refused(BodyType::xml, "<BlobEntity>text</BlobEntity>").rule == "request.entity_type");
    CHECK(refused(BodyType::xml, "<Other><Description>d</Description></Other>").rule == "request.xml_root");
}

} // namespace blob_entity_test
