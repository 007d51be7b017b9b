#include "openapi_walk.hpp"
#include "schema_check.hpp"

#include "entity/blob_entity.hpp"
#include "routes/openapi/openapi.hpp"
#include "routes/table.hpp"
#include "support/catch.hpp"
#include "support/fake_upload_converter.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

namespace openapi_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

/// Operations whose answers need a renderer; a build without one answers 501, which is documented, too.
bool needs_renderer([[maybe_unused]] const std::string& operation, [[maybe_unused]] unsigned status) {
#ifdef PORTRAIT_TEST_RENDERS
    return false;
#else
    return operation == "PersonGetPersonImages" || operation == "BLOBGetPersonImageWithSize" ||
           (operation.ends_with("PersonImage") && status == 422);
#endif
}

json::object served_document(const WalkServer& server) {
    const auto response = send(server, {.target = "/api/v1/openapi.json"});
    REQUIRE(response.status == 200);
    REQUIRE(response.field("Content-Type") == "application/json; charset=utf-8");
    return json::parse(response.body).as_object();
}

std::string media_type(const RawResponse& response) {
    const auto type = response.field("Content-Type");
    return type.substr(0, type.find(';'));
}

bool is_json(std::string_view type) {
    return type.ends_with("/json") || type.ends_with("+json");
}

/// The media types that a documented answer can have; an empty one where it has no body.
std::vector<std::string> types_of(const json::object& answer) {
    std::vector<std::string> types;
    if (const auto* content = answer.if_contains("content"))
        for (const auto& media : content->as_object())
            types.emplace_back(media.key());
    if (types.empty())
        types.emplace_back();
    return types;
}

void check_answer(const WalkOperation& operation, const json::object& documented, std::string_view type,
                  const RawResponse& response) {
    for (const auto& [name, reference] : documented.at("headers").as_object()) {
        CAPTURE(std::string{name});
        if (resolved(*operation.document, reference).as_object().contains("required"))
            CHECK(response.find(name) != nullptr);
    }
    if (operation.method == "HEAD")
        return;
    CHECK(media_type(response) == type);
    if (type.empty())
        CHECK(response.body.empty());
    if (is_json(type))
        CHECK(schema_violation(*operation.document, documented.at("content").at(type).at("schema"),
                               json::parse(response.body)) == "");
}

void walk(const WalkOperation& operation, unsigned status, const json::object& documented, bool strict) {
    for (const auto& type : types_of(documented)) {
        CAPTURE(type);
        WalkServer server{strict, status != 501};
        const auto request = provocation(server, operation, status, type);
        REQUIRE(request); // otherwise no request provokes the documented answer
        const auto response = send(server, *request);
        CAPTURE(response.body);
        if (status != 501 && needs_renderer(operation.id, status)) {
            CHECK(response.status == 501);
            return;
        }
        CHECK(response.status == status);
        check_answer(operation, documented, type, response);
    }
}

} // namespace

TEST_CASE("every documented answer of every operation is given as documented", "[openapi][walk]") {
    const bool strict = GENERATE(false, true);
    const WalkServer server{strict};
    const auto document = served_document(server);
    std::size_t answers = 0;
    for (const auto& operation : operations_of(document)) {
        CAPTURE(operation.id, strict);
        for (const auto& [status, reference] : operation.operation->at("responses").as_object()) {
            CAPTURE(std::string{status});
            if (status == "default" || status == "4XX")
                continue;
            walk(operation, static_cast<unsigned>(std::stoul(std::string{status})),
                 resolved(document, reference).as_object(), strict);
            ++answers;
        }
    }
    CHECK(answers > 200);
}

TEST_CASE("every documented type of a request's body is taken, by its example", "[openapi][walk]") {
    const WalkServer server;
    const auto document = served_document(server);
    for (const auto& operation : operations_of(document)) {
        const auto* body = operation.operation->if_contains("requestBody");
        if (body == nullptr)
            continue;
        CAPTURE(operation.id);
        for (const auto& media : body->at("content").as_object()) {
            CAPTURE(std::string{media.key()});
            const WalkServer fresh;
            const auto response = send(fresh, example_request(operation, media.key()));
            CAPTURE(response.body);
            if (needs_renderer(operation.id, 200))
                CHECK(response.status == 501);
            else
                CHECK((response.status == 200 || response.status == 204));
        }
    }
}

TEST_CASE("the document's examples keep to its schemas", "[openapi]") {
    const auto document = http::openapi_document({});
    for (const auto& operation : operations_of(document)) {
        CAPTURE(operation.id);
        const auto check = [&](const json::object& content) {
            for (const auto& [type, media] : content) {
                CAPTURE(std::string{type});
                const auto& parts = media.as_object();
                if (const auto* example = parts.if_contains("example"); example && is_json(type))
                    CHECK(schema_violation(document, parts.at("schema"), *example) == "");
                if (const auto* examples = parts.if_contains("examples")) {
                    const auto& value = resolved(document, examples->at("sample")).at("value");
                    if (is_json(type))
                        CHECK(schema_violation(document, parts.at("schema"), value) == "");
                    else
                        CHECK(std::string_view{value.as_string()}.starts_with("<"));
                }
            }
        };
        if (const auto* body = operation.operation->if_contains("requestBody"))
            check(body->at("content").as_object());
        for (const auto& [status, reference] : operation.operation->at("responses").as_object())
            if (const auto* content = resolved(document, reference).as_object().if_contains("content"))
                check(content->as_object());
    }
}

TEST_CASE("the document has each route of the table and nothing else", "[openapi]") {
    const auto document = http::openapi_document({.metrics = [] { return std::string{}; }});
    CHECK(document.at("openapi") == "3.1.0");
    std::set<std::pair<std::string, std::string>> expected;
    for (const auto* route : http::routes()) {
        expected.emplace(route->path, route->method);
        expected.emplace(route->path, "OPTIONS");
        if (route->method == "GET")
            expected.emplace(route->path, "HEAD");
    }
    std::set<std::pair<std::string, std::string>> found;
    std::set<std::string> ids;
    const auto operations = operations_of(document);
    for (const auto& operation : operations) {
        found.emplace(operation.path, operation.method);
        ids.insert(operation.id);
    }
    CHECK(found == expected);
    CHECK(ids.size() == operations.size());
}

TEST_CASE("the document's BlobEntity is the one that is answered", "[openapi]") {
    const auto document = http::openapi_document({});
    const ImageInfo info{.blob_id = BlobId::from(1).value()};
    const auto entity = http::blob_entity(&info);
    const auto& properties = document.at("components").at("schemas").at("BlobEntity").at("properties");
    std::vector<std::string> names;
    for (const auto& member : properties.as_object())
        names.emplace_back(member.key());
    std::vector<std::string> answered;
    for (const auto& member : entity)
        answered.emplace_back(member.key());
    CHECK(names == answered);
    for (const auto* const text : {"Description", "ExtraInfo", "ConceptualType"})
        CHECK(properties.at(text).at("maxLength") == entity.at("FieldProperties").at(text).at("FieldLength"));
}

TEST_CASE("the document has the types of uploads that are converted", "[openapi]") {
    const auto types = [](const json::object& document) {
        std::vector<std::string> names;
        const auto& put = document.at("paths").at("/api/v1/Person/{personId}/Image").at("put");
        for (const auto& media : put.at("requestBody").at("content").as_object())
            names.emplace_back(media.key());
        return names;
    };
    using Types = std::vector<std::string>;
    CHECK(types(http::openapi_document({})) == Types{"image/png", "image/jpeg", "image/gif", "image/tiff",
                                                     "application/octet-stream", "multipart/form-data"});
    http::EndpointOptions options;
    options.upload_converter = std::make_shared<FakeUploadConverter>(
        ConvertibleFormats{ConvertibleFormat::webp, ConvertibleFormat::heic});
    CHECK(types(http::openapi_document(options)) ==
          Types{"image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp", "image/heic",
                "image/heif", "application/octet-stream", "multipart/form-data"});
    const EndpointFixture fixture{options};
    CHECK(fixture.send({.target = "/api/v1/openapi.json"}).body_text() ==
          http::with_server(json::serialize(http::openapi_document(options)), {}));
}

TEST_CASE("every answer to a stored picture has its type", "[openapi]") {
    const auto document = http::openapi_document({});
    std::set<std::string> found;
    for (const auto& operation : operations_of(document))
        for (const auto& [status, reference] : operation.operation->at("responses").as_object())
            if (const auto& headers = resolved(document, reference).at("headers").as_object();
                headers.contains("X-Image-Type") && headers.contains("X-Image-ETag"))
                found.insert(operation.id + " " + std::string{status});
    CHECK(found == std::set<std::string>{"PutPersonImage 200", "PostPersonImage 200",
                                         "PersonSetPersonImage 204", "BLOBSetPersonImage 204",
                                         "BLOBSaveImageStream 200", "BLOBSetBlobStream 204"});
}

TEST_CASE("routes and schemes that are off aren't documented", "[openapi]") {
    http::EndpointOptions options;
    options.schemes = {.basic = true, .so_ticket = false, .bearer = false, .session = false};
    const auto document = http::openapi_document(options);
    CHECK_FALSE(document.at("paths").as_object().contains("/session"));
    const auto& schemes = document.at("components").at("securitySchemes").as_object();
    CHECK(schemes.size() == 1);
    CHECK(schemes.contains("Basic"));
    for (const auto& operation : operations_of(document))
        if (const auto& security = operation.operation->at("security").as_array(); !security.empty())
            CHECK(json::serialize(security) == R"([{"Basic":[]}])");
}

TEST_CASE("the document needs no caller", "[openapi]") {
    const EndpointFixture fixture;
    const std::string target = "/api/v1/openapi.json";
    const auto get =
        fixture.send({.target = target, .fields = {{"Accept", "application/xml"}, {"Authorization", "-"}}});
    CHECK(get.status == 200);
    CHECK(*get.find("Content-Type") == "application/json; charset=utf-8");
    const auto head = fixture.send({.method = "HEAD", .target = target});
    CHECK(head.length() == get.body_text().size());
    CHECK(fixture.send({.method = "PUT", .target = target}).status == 405);
}

} // namespace openapi_test
