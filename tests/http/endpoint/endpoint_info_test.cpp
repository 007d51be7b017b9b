#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

#include <memory>

namespace endpoint_info_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace json = boost::json;

namespace {

const std::string info_path = "/api/v1/Person/1/ImageInfo";
const std::string json_patch = "application/json-patch+json";
const std::string merge_patch = "application/merge-patch+json";

json::object object_of(const Response& response) {
    return json::parse(std::string{response.body_text()}).as_object();
}

Request put(std::string type, std::string body, RawFields fields = {}) {
    fields.emplace_back("Content-Type", std::move(type));
    return {.method = "PUT", .target = info_path, .fields = std::move(fields), .body = std::move(body)};
}

/// A fixture whose person 1 has a picture.
struct InfoFixture : EndpointFixture {
    explicit InfoFixture(std::shared_ptr<ImageStore> used_store = nullptr)
        : EndpointFixture{{}, {}, std::move(used_store)} {
        REQUIRE(send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "image/png"}}, text_of(make_png())})
                    .status == 200);
    }
    json::object entity() const { return object_of(send({"GET", info_path, {}, {}})); }
    std::string tag() const { return field(send({"GET", info_path, {}, {}}), "ETag"); }
};

/// A store in which another client changes the texts just before each of the first writes.
class RacedStore final : public ImageStore {
public:
    int races = 0;
    int writes = 0;

    result<ImageInfo> update_info(UpdateImageInfo command) override {
        ++writes;
        if (races > 0) {
            --races;
            auto other = command;
            other.description.reset();
            other.extra_info = "of race " + std::to_string(races);
            other.precondition = {};
            REQUIRE(store_.update_info(other).has_value());
        }
        return store_.update_info(std::move(command));
    }
    result<SavedImage> save(SaveImage command) override { return store_.save(std::move(command)); }
    result<StoredImage> image(ImageKey key) const override { return store_.image(key); }
    result<ImageInfo> info(ImageKey key) const override { return store_.info(key); }
    result<RemovedImage> remove(RemoveImage command) override { return store_.remove(std::move(command)); }
    result<ImageInfo> link(LinkImage command) override { return store_.link(std::move(command)); }
    result<std::optional<BlobId>> unlink(UnlinkImage command) override {
        return store_.unlink(std::move(command));
    }
    result<void> writable() const override { return store_.writable(); }

private:
    MemoryImageStore store_;
};

} // namespace

TEST_CASE("PUT and PATCH ImageInfo change the texts in every type of body", "[endpoint][info][put]") {
    const InfoFixture fixture;
    fixture.clock->advance(std::chrono::seconds{60});
    const auto& [type, body] = GENERATE(table<std::string, std::string>({
        {"application/json", R"({"Description":"new"})"},
        {"text/json; charset=utf-8", R"({"description":"new","MimeType":"image/gif"})"},
        {"application/xml", "<BlobEntity><Description>new</Description></BlobEntity>"},
        {"text/xml", "<BlobEntity><Description>new</Description><BlobSize>1</BlobSize></BlobEntity>"},
        {"application/x-www-form-urlencoded", "Description=new&x=y"},
        {json_patch, R"([{"op":"replace","path":"/description","value":"new"}])"},
        {merge_patch, R"({"Description":"new"})"},
    }));
    CAPTURE(type);
    for (const std::string method : {"PUT", "PATCH"}) {
        const auto before = fixture.entity();
        const auto old_tag = fixture.tag();
        auto request = put(type, body);
        request.method = method;
        const auto response = fixture.send(request);
        CHECK(response.status == 200);
        CHECK(field(response, "Content-Type") == "application/json; charset=utf-8");
        CHECK(object_of(response) == fixture.entity());
        CHECK(field(response, "X-Image-ETag") == field(fixture.send({}), "ETag"));
        CHECK(fixture.tag() != old_tag);
        auto expected = before;
        expected["Description"] = "new";
        expected["UpdatedDate"] = "2023-11-14T22:14:20Z";
        CHECK(fixture.entity() == expected);
    }
}

TEST_CASE("a whole entity sent back changes nothing but the update", "[endpoint][info][put]") {
    const InfoFixture fixture;
    REQUIRE(fixture.send(put("text/json", R"({"Description":"d","ExtraInfo":"a\r\n<b>"})")).status == 200);
    const auto before = fixture.entity();
    const auto as_json = std::string{fixture.send({"GET", info_path, {}, {}}).body_text()};
    const auto as_xml =
        std::string{fixture.send({"GET", info_path, {{"Accept", "text/xml"}}, {}}).body_text()};
    CHECK(fixture.send(put("application/json", as_json)).status == 200);
    CHECK(fixture.entity() == before);
    CHECK(fixture.send(put("application/xml", as_xml)).status == 200);
    CHECK(fixture.entity() == before);
}

TEST_CASE("a BlobId has to be 0 or the current one", "[endpoint][info][put]") {
    const InfoFixture fixture;
    for (const auto& [id, status] : {std::pair{"0", 200U}, std::pair{"1", 200U}, std::pair{"2", 400U}}) {
        CAPTURE(id);
        const auto id_text = std::string{id};
        CHECK(fixture.send(put("text/json", R"({"BlobId":)" + id_text + "}")).status == status);
        CHECK(fixture.send(put("text/xml", "<BlobEntity><BlobId>" + id_text + "</BlobId></BlobEntity>"))
                  .status == status);
        CHECK(fixture.send(put(merge_patch, R"({"BlobId":)" + id_text + "}")).status == status);
        CHECK(fixture.send(put(json_patch, R"([{"op":"replace","path":"/BlobId","value":)" + id_text + "}]"))
                  .status == 400);
    }
}

TEST_CASE("a JSON Patch can't write read-only properties, and a merge patch's are ignored",
          "[endpoint][info][patch]") {
    const InfoFixture fixture;
    const auto before = fixture.entity();
    for (const std::string operation :
         {R"({"op":"replace","path":"/MimeType","value":"image/gif"})", R"({"op":"remove","path":"/BlobId"})",
          R"({"op":"remove","path":"/CreatedBy"})", R"({"op":"add","path":"/Unknown","value":[]})"}) {
        CAPTURE(operation);
        const auto response = fixture.send(put(json_patch, "[" + operation + "]"));
        CHECK(response.status == 400);
        CHECK(object_of(response).at("Rule") == "patch.operation_invalid");
    }
    CHECK(
        fixture.send(put(merge_patch, R"({"MimeType":"image/gif","CreatedBy":null,"Unknown":[]})")).status ==
        200);
    CHECK(fixture.entity() == before);
}

TEST_CASE("a property that a patch removes is emptied", "[endpoint][info][patch]") {
    // As ASP.NET, whose patch sets a removed property to null.
    const InfoFixture fixture;
    const auto& [type, body] = GENERATE(table<std::string, std::string>({
        {json_patch, R"([{"op":"remove","path":"/Description"}])"},
        {json_patch, R"([{"op":"replace","path":"/Description","value":null}])"},
        {json_patch, R"([{"op":"move","from":"/Description","path":"/ConceptualType"}])"},
        {merge_patch, R"({"description":null})"},
        {"application/json", R"({"Description":null})"},
    }));
    CAPTURE(body);
    REQUIRE(fixture.send(put("text/json", R"({"Description":"d","ExtraInfo":"e"})")).status == 200);
    CHECK(fixture.send(put(type, body)).status == 200);
    CHECK(fixture.entity().at("Description") == "");
    CHECK(fixture.entity().at("ExtraInfo") == "e");
}

TEST_CASE("a failed test is 409 and changes nothing", "[endpoint][info][patch]") {
    const InfoFixture fixture;
    const auto tag = fixture.tag();
    const auto response =
        fixture.send(put(json_patch, R"([{"op":"replace","path":"/Description","value":"new"},
                                                           {"op":"test","path":"/ExtraInfo","value":"other"}])"));
    CHECK(response.status == 409);
    CHECK(object_of(response).at("ErrorType") == "SoConcurrencyException");
    CHECK(object_of(response).at("Rule") == "patch.test_failed");
    CHECK(fixture.tag() == tag);
    CHECK(fixture.entity().at("Description") == "");
    CHECK(fixture
              .send(put(json_patch, R"([{"op":"test","path":"/BlobId","value":1},
                                        {"op":"copy","from":"/MimeType","path":"/Description"}])"))
              .status == 200);
    CHECK(fixture.entity().at("Description") == "image/png");
}

TEST_CASE("a patch's outcome is judged as any entity", "[endpoint][info][patch]") {
    const InfoFixture fixture;
    const auto tag = fixture.tag();
    const auto rule = [&](const std::string& type, std::string body) {
        const auto response = fixture.send(put(type, std::move(body)));
        CHECK(response.status == 400);
        return std::string{object_of(response).at("Rule").as_string()};
    };
    const std::string long_text(2049, 'x');
    CHECK(rule(json_patch, R"([{"op":"replace","path":"/Description","value":5}])") ==
          "request.property_type");
    CHECK(rule(json_patch, R"([{"op":"replace","path":"","value":[]}])") == "patch.operation_invalid");
    CHECK(rule(json_patch, R"([{"op":"remove","path":""}])") == "patch.operation_invalid");
    CHECK(rule(merge_patch, "5") == "request.entity_type");
    CHECK(rule(json_patch, "5") == "patch.not_an_array");
    CHECK(rule(json_patch, R"([{"op":"add","path":"/Description","value":")" + long_text + R"("}])") ==
          "info.text_too_long");
    CHECK(rule(merge_patch, R"({"Description":{"a":1}})") == "request.property_type");
    CHECK(rule("application/json", "5") == "request.entity_type");
    CHECK(rule(merge_patch, R"({"ConceptualType":"a\u0000"})") == "info.text_invalid");
    CHECK(rule("text/json", R"({"Description":")" + long_text + R"("})") == "info.text_too_long");
    CHECK(fixture.tag() == tag);
}

TEST_CASE("PUT ImageInfo keeps to the client's preconditions", "[endpoint][info][conditional]") {
    const InfoFixture fixture;
    const auto& [type, body] = GENERATE(table<std::string, std::string>({
        {"application/json", R"({"Description":"new"})"},
        {json_patch, R"([{"op":"replace","path":"/Description","value":"new"}])"},
        {merge_patch, R"({"Description":"new"})"},
    }));
    CAPTURE(type);
    const auto first = fixture.tag();
    const auto image_tag = field(fixture.send({}), "ETag");
    const auto changed = fixture.send(put(type, body, {{"If-Match", first}}));
    CHECK(changed.status == 200);
    const auto second = fixture.tag();
    CHECK(second != first);
    CHECK(field(changed, "X-Image-ETag") == field(fixture.send({}), "ETag"));
    CHECK(field(fixture.send({}), "ETag") != image_tag); // both tags change

    for (const auto& [name, value] : {std::pair<std::string, std::string>{"If-Match", first},
                                      {"If-Match", "W/" + second},
                                      {"If-Match", "\"x\""},
                                      {"If-None-Match", "*"},
                                      {"If-None-Match", second},
                                      {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:19 GMT"}}) {
        CAPTURE(name, value);
        const auto refused = fixture.send(put(type, body, {{name, value}}));
        CHECK(refused.status == 412);
        CHECK_FALSE(field(refused, "ETag").empty());
        CHECK(fixture.tag() == second);
    }
    // The picture's tag, that of the entity in XML, and * name the version as well.
    CHECK(fixture.send(put(type, body, {{"If-Match", field(fixture.send({}), "ETag")}})).status == 200);
    const auto xml_tag = field(fixture.send({"GET", info_path, {{"Accept", "text/xml"}}, {}}), "ETag");
    CHECK(xml_tag != fixture.tag());
    CHECK(fixture.send(put(type, body, {{"If-Match", "\"x\", " + xml_tag}})).status == 200);
    CHECK(fixture.send(put(type, body, {{"If-Match", "*"}})).status == 200);
    fixture.clock->advance(std::chrono::seconds{60});
    CHECK(fixture.send(put(type, body, {{"If-Unmodified-Since", "Tue, 14 Nov 2023 22:14:00 GMT"}})).status ==
          200);
}

TEST_CASE("texts of a person without a picture can't be changed", "[endpoint][info][put]") {
    const EndpointFixture fixture;
    for (const auto& [type, body] :
         {std::pair<std::string, std::string>{"text/json", "{}"}, {merge_patch, "{}"}}) {
        auto request = put(type, body);
        CHECK(fixture.send(request).status == 404);
        CHECK(object_of(fixture.send(request)).at("Rule") == "image.none");
        request.fields.emplace_back("If-Match", "*");
        CHECK(fixture.send(request).status == 412);
        for (const std::string person : {"99", "0", "abc"}) {
            request.target = "/api/v1/Person/" + person + "/ImageInfo";
            CHECK(fixture.send(request).status == 400);
        }
    }
    auto reader = put("text/json", "{}", {{"Authorization", basic_authorization("reader", "Reader")}});
    CHECK(fixture.send(reader).status == 403);
}

TEST_CASE("other types of body are 415 with the list of those that are accepted", "[endpoint][info][put]") {
    const InfoFixture fixture;
    for (const std::string type : {"image/png", "text/plain", "application/json; charset=utf-16", "nonsense",
                                   "multipart/form-data; boundary=x"}) {
        CAPTURE(type);
        auto request = put(type, "{}");
        const auto response = fixture.send(request);
        CHECK(response.status == 415);
        CHECK(field(response, "Accept").find("application/merge-patch+json") != std::string::npos);
        CHECK(response.find("Accept-Patch") == nullptr);
        request.method = "PATCH";
        CHECK(field(fixture.send(request), "Accept-Patch").find(json_patch) == 0);
    }
    CHECK(fixture.send({"PUT", info_path, {}, "{}"}).status == 415); // no Content-Type
    const auto image = fixture.send({"PUT", "/api/v1/Person/1/Image", {{"Content-Type", "text/plain"}}, "x"});
    CHECK(image.status == 415);
    CHECK(field(image, "Accept").find("image/png") == 0);
}

TEST_CASE("a patch that loses a race is applied to the winner's entity", "[endpoint][info][patch]") {
    auto store = std::make_shared<RacedStore>();
    const InfoFixture fixture{store};
    const auto patch = put(json_patch, R"([{"op":"replace","path":"/Description","value":"mine"}])");
    store->races = 3;
    CHECK(fixture.send(patch).status == 200);
    CHECK(store->writes == 4);
    CHECK(fixture.entity().at("Description") == "mine");
    CHECK(fixture.entity().at("ExtraInfo") == "of race 0"); // and the other client's change is kept

    store->races = 1;
    auto conditional = patch;
    conditional.fields.emplace_back("If-Match", fixture.tag());
    CHECK(fixture.send(conditional).status == 412); // the client named the version that lost
    store->races = 1;
    auto tested = put(json_patch, R"([{"op":"test","path":"/ExtraInfo","value":"of race 0"},
                                      {"op":"replace","path":"/ExtraInfo","value":"x"}])");
    CHECK(fixture.send(tested).status == 200);

    store->races = 1'000'000;
    const auto response = fixture.send(patch);
    CHECK(response.status == 503);
    CHECK_FALSE(field(response, "Retry-After").empty());
}

} // namespace endpoint_info_test
