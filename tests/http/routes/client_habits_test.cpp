#include "openapi_walk.hpp"

#include "http/agents/agents_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/session_fields.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <vector>

/// What SuperOffice's clients, and common HTTP clients, send, through a real socket.
namespace client_habits_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

/// A request and its answer: the status, and a part of the body or of a field's value.
struct Habit {
    std::string name;
    Request request;
    unsigned status = 200;
    std::string part;
    std::string field; ///< empty: the body
};

Request agent(const std::string& call, std::string body, RawFields fields = {}) {
    fields.emplace_back("Content-Type", "application/json");
    return {"POST", "/api/v1/Agents/" + call, std::move(fields), std::move(body)};
}

Request change(std::string type, std::string body) {
    return {"PUT", info_path, {{"Content-Type", std::move(type)}}, std::move(body)};
}

Request put(std::string type, std::string body) {
    return {"PUT", image_path, {{"Content-Type", std::move(type)}}, std::move(body)};
}

std::string form(const std::string& boundary) {
    return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"blob\"; filename=\"blob\"\r\n" +
           "Content-Type: application/json\r\n\r\n{\"a\":1}\r\n--" + boundary +
           "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n" +
           "Content-Type: image/png\r\n\r\n" + text_of(make_png(9, 9)) + "\r\n--" + boundary + "--\r\n";
}

/// Each in a server of its own, in which person 1 has a picture.
void check(const std::vector<Habit>& habits) {
    for (const auto& habit : habits) {
        CAPTURE(habit.name);
        const WalkServer server;
        const auto response = send(server, habit.request);
        CAPTURE(response.body);
        CHECK(response.status == habit.status);
        const auto text = habit.field.empty() ? response.body : response.field(habit.field);
        CAPTURE(text, habit.part);
        CHECK(text.find(habit.part) != std::string::npos);
    }
}

} // namespace

TEST_CASE("agents answer null for an unknown id", "[contract][clients]") {
    check({
        {"GetBlobEntity", agent("BLOB/GetBlobEntity?blobEntityId=77", "null"), 200, "null", {}},
        {"GetBlobStream in JSON",
         agent("BLOB/GetBlobStream", R"({"blobEntityId":77})", {{"Accept", "application/json"}}),
         200,
         "null",
         {}},
        {"GetBlobStream raw", agent("BLOB/GetBlobStream", R"({"blobEntityId":77})"), 200, "0",
         "Content-Length"},
        {"DeleteBlobEntity", agent("BLOB/DeleteBlobEntity?blobEntityId=77", "null"), 204, "", {}},
        {"Person/GetPersonImage",
         agent("Person/GetPersonImage", R"({"personId":2})"),
         404,
         "Person id 2 has no picture",
         {}},
        {"a blob to be linked",
         agent("BLOB/ChangePersonImage", R"({"personId":1,"blobId":77})"),
         404,
         "Blob id 77 not found",
         {}},
    });
}

TEST_CASE("a patch is taken in the forms that clients send", "[contract][clients]") {
    const std::string patch = R"([{"op":"replace","path":"/description","value":"new"}])";
    const std::string without_slash = R"([{"op":"replace","path":"Description","value":"new"}])";
    const std::string changed = R"("Description":"new")";
    check({
        {"an array as JSON", change("application/json", patch), 200, changed, {}},
        {"an array as merge patch", change("application/merge-patch+json", patch), 200, changed, {}},
        {"a path without a slash", change("application/json-patch+json", without_slash), 200, changed, {}},
        {"an object as JSON Patch",
         change("application/json-patch+json", R"({"description":"new"})"),
         200,
         changed,
         {}},
        {"PATCH with an array as JSON",
         {"PATCH", info_path, {{"Content-Type", "application/json"}}, patch},
         200,
         changed,
         {}},
        {"a test that fails",
         change("application/json", R"([{"op":"test","path":"Description","value":"other"}])"),
         409,
         "Operation 1 of the patch (test '/Description'): the path has another value",
         {}},
        {"an unknown path",
         change("application/json", R"([{"op":"replace","path":"/Foo","value":1}])"),
         400,
         "(replace '/Foo')",
         {}},
        {"a read-only path",
         change("application/json", R"([{"op":"remove","path":"/BlobId"}])"),
         400,
         "(remove '/BlobId')",
         {}},
        {"an unknown operation",
         change("application/json", R"([{"op":"set","path":"/Description"}])"),
         400,
         "got 'set'",
         {}},
        {"another BlobId",
         change("application/json", R"({"BlobId":5})"),
         400,
         "The BlobId 5 is not the one of this picture, 1",
         {}},
    });
}

TEST_CASE("an entity is as the vendor's", "[contract][clients]") {
    check({
        {"rights of the entity",
         {"GET", info_path},
         200,
         R"("TableRight":{"Mask":"Select, Update, Delete","Reason":""})",
         {}},
        {"rights of a reader",
         {"GET", info_path, {{"Authorization", basic_authorization("reader", "Reader")}}},
         200,
         R"("TableRight":{"Mask":"Select","Reason":""})",
         {}},
        {"lengths of fields",
         {"GET", info_path},
         200,
         R"("BlobId":{"FieldRight":{"Mask":"None","Reason":""},"FieldType":"System.Int32","FieldLength":4})",
         {}},
        {"dates of an empty entity",
         {"GET", "/api/v1/Person/2/ImageInfo"},
         200,
         R"("CreatedDate":"0001-01-01T00:00:00")",
         {}},
        {"$select",
         agent("BLOB/GetBlobEntity?blobEntityId=1&$select=BlobId", "null"),
         200,
         R"({"BlobId":1,"BlobSize":null,"Description":null,)",
         {}},
    });
}

TEST_CASE("a reader and a writer get different tags for their entities", "[contract][clients]") {
    const WalkServer server;
    const auto writer = send(server, {"GET", info_path});
    Request request{"GET", info_path, {{"Authorization", basic_authorization("reader", "Reader")}}};
    CHECK(send(server, request).field("ETag") != writer.field("ETag"));
    request.fields.emplace_back("If-None-Match", writer.field("ETag"));
    CHECK(send(server, request).status == 200);
}

TEST_CASE("an upload is taken with the types that clients send by themselves", "[contract][clients]") {
    const auto png = text_of(make_png(9, 9));
    std::vector<Habit> habits{
        {"an empty body of any type",
         put("application/json", ""),
         400,
         "Image bitmap is missing from body",
         {}},
        {"an empty form", put("multipart/form-data", ""), 400, "Image bitmap is missing from body", {}},
        {"no length", {"PUT", image_path, {{"Content-Type", "text/plain"}}, {}}, 400, "image.empty", {}},
        {"another type is named", put("text/x-odd; a=b", png), 415, "'text/x-odd; a=b'", {}},
        {"a form whose JSON comes first", put("multipart/form-data; boundary=b", form("b")), 200, "1", {}},
        {"a boundary of stars", put("multipart/form-data; boundary=*****", form("*****")), 200, "1", {}},
        {"an unquoted boundary",
         put("multipart/form-data; boundary=----=_Part_1_2.3", form("----=_Part_1_2.3")),
         200,
         "1",
         {}},
        {"half a picture",
         {"PUT", image_path, {{"Content-Type", "image/png"}, {"Content-Range", "bytes 0-99/200"}}, png},
         400,
         "request.content_range",
         {}},
        {"a compressed body",
         {"PUT", image_path, {{"Content-Type", "image/png"}, {"Content-Encoding", "gzip"}}, png},
         415,
         "identity",
         "Accept-Encoding"},
        {"a body that is not compressed",
         {"PUT", image_path, {{"Content-Type", "image/png"}, {"Content-Encoding", "identity"}}, png},
         200,
         "1",
         {}},
    };
    for (const std::string type : {"application/x-www-form-urlencoded", "binary/octet-stream",
                                   "application/binary", "application/octet-stream"})
        habits.push_back({type, put(type, png), 200, "1", {}});
    check(habits);
}

TEST_CASE("an upload that is refused changes nothing", "[contract][clients]") {
    const WalkServer server;
    const auto before = send(server, {"GET", image_path}).body;
    const auto png = text_of(make_png(9, 9));
    for (const auto& [name, value] :
         RawFields{{"Content-Range", "bytes 0-99/200"}, {"Content-Encoding", "br"}}) {
        CHECK(send(server, {"PUT", image_path, {{"Content-Type", "image/png"}, {name, value}}, png}).status >=
              400);
        CHECK(send(server, {"DELETE", image_path, {{name, value}}}).status >= 400);
    }
    CHECK(send(server, {"GET", image_path}).body == before);
}

TEST_CASE("GET Image takes the values that the vendor's clients send", "[contract][clients]") {
    const WalkServer server;
    const auto get = [&](const std::string& query) { return send(server, {"GET", query}); };
    CHECK(get(image_path).reason == "An image");
    CHECK(get("/api/v1/Person/1/Image?w=0&h=0").status == 200);
    const auto bad = get("/api/v1/Person/1/Image?w=abc");
    CHECK(bad.status == 400);
    CHECK(bad.body.find("w is not valid: 'abc'") != std::string::npos);
    CHECK(get("/api/v1/Person/99/Image").status == 404);
    CHECK(get("/api/v1/Person/99/Image?ifBlank=4").status == 404);
    CHECK(get("/api/v1/Person/99/Image?ifBlank=6").status == 400);
#ifdef PORTRAIT_TEST_RENDERS
    for (const std::string person : {"2", "99"})
        for (const std::string blank : {"0", "1", "2", "3", "5", "ClearPixel"}) {
            CAPTURE(person, blank);
            const auto drawn = get("/api/v1/Person/" + person + "/Image?type=PNG&ifBlank=" + blank);
            CHECK(drawn.status == 200);
            CHECK(drawn.reason == "An image");
            CHECK(drawn.field("Content-Type") == "image/png");
        }
    CHECK(get("/api/v1/Person/2/Image?ifBlank=1").body ==
          get("/api/v1/Person/2/Image?ifBlank=ClearPixel").body);
#endif
}

TEST_CASE("a path with braces as they are is one with an invalid id", "[contract][clients]") {
    const WalkServer server;
    for (const std::string target : {"/api/v1/Person/{personId}/Image", "/api/v1/Person/{personId}/Image?w=5",
                                     "/api/v1/Person/1|2/Image", "/api/v1/Person/^/Image"}) {
        CAPTURE(target);
        const auto response = send(server, {"GET", target});
        CHECK(response.status == 400);
        CHECK(response.body.find("person.invalid_id") != std::string::npos);
    }
    CHECK(send(server, {"GET", "/api/v1/Person/1/Image?w={w}"}).body.find("'{w}'") != std::string::npos);
    CHECK(send(server, {"GET", "/api/v1/{x}"}).status == 404);
    CHECK(send(server, {"GET", "/api/v1/Person/1\"/Image"}).body.find("request.bad_target") !=
          std::string::npos);
}

TEST_CASE("agents take what JSON libraries of other languages write", "[contract][clients]") {
    const auto picture = base64_of(text_of(make_gif(30, 40)));
    const auto lines = picture.substr(0, 20) + "\\r\\n" + picture.substr(20) + "\\r\\n";
    check({
        {"base64 in lines",
         agent("Person/SetPersonImage", R"({"personId":1,"image":")" + lines + "\"}"),
         204,
         "",
         {}},
        {"a number as a text", agent("Person/GetPersonImage", R"({"personId":"1"})"), 200, "PNG", {}},
        {"another BlobLinkType",
         agent("BLOB/SaveImageStream", R"({"type":"ProjectImage","image":")" + picture + "\"}"),
         200,
         "2",
         {}},
        {"an unknown call",
         agent("BLOB/GetProjectImage", "null"),
         404,
         "The agent BLOB has no call GetProjectImage here",
         {}},
    });
}

TEST_CASE("a ticket may stand as Basic's user name", "[contract][clients]") {
    const auto basic = [](const std::string& text) {
        return RawFields{{"Authorization", "Basic " + base64_of(text)}, {"SO-AppToken", "known"}};
    };
    check({
        {"a ticket", {"GET", image_path, basic("7T:good:")}, 200, "PNG", {}},
        {"a wrong ticket", {"GET", image_path, basic("7T:bad:")}, 401, "authentication.failed", {}},
        {"with a password", {"GET", image_path, basic("7T:good:x")}, 401, "authentication.failed", {}},
    });
    // Browsers remember Basic, whatever is in it.
    auto fields = basic("7T:good:");
    fields.emplace_back("Origin", "https://elsewhere.example");
    const WalkServer server;
    const auto refused = send(server, {"DELETE", image_path, fields});
    CHECK(refused.status == 403);
    CHECK(refused.body.find("authorization.cross_site") != std::string::npos);
}

TEST_CASE("a signed-in browser shows a picture where it sends Sec-Fetch-Site of its own",
          "[contract][clients]") {
    const WalkServer server;
    const auto signed_in = send(server, {"POST", "/session"});
    REQUIRE(signed_in.status == 204);
    std::string cookie;
    for (const auto& [name, value] : signed_in.fields)
        if (http::equal_ignoring_case(name, "Set-Cookie") && value.starts_with("PORTRAIT_SESSION="))
            cookie = value.substr(0, value.find(';'));
    REQUIRE_FALSE(cookie.empty());
    const auto status = [&](const std::string& method, const std::string& target, RawFields fields) {
        fields.emplace_back("Cookie", cookie);
        fields.emplace_back("Authorization", "-");
        return send(server, {method, target, std::move(fields)}).status;
    };
    CHECK(status("GET", image_path, {{"Sec-Fetch-Site", "same-origin"}}) == 200);
    CHECK(status("HEAD", image_path, {{"Sec-Fetch-Site", "same-origin"}}) == 200);
    CHECK(status("GET", image_path, {{"Sec-Fetch-Site", "none"}}) == 200);
    CHECK(status("GET", "/api/v1", {{"Sec-Fetch-Site", "none"}}) == 200);
    CHECK(status("GET", image_path, {}) == 401);
    CHECK(status("GET", image_path, {{"Sec-Fetch-Site", "same-site"}}) == 401);
    CHECK(status("GET", image_path, {{"Sec-Fetch-Site", "cross-site"}}) == 401);
    CHECK(status("GET", image_path, {{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "cross-site"}}) == 401);
    CHECK(status("DELETE", image_path, {{"Sec-Fetch-Site", "same-origin"}}) == 401);
    CHECK(status("POST", "/api/v1/Agents/Person/GetPersonImage", {{"Sec-Fetch-Site", "same-origin"}}) == 401);
}

TEST_CASE("Content-Language names the language that is returned", "[contract][clients]") {
    const WalkServer server;
    REQUIRE(
        send(server, change("application/json", R"({"Description":"NO:\"Bilde\";GE:\"Foto\""})")).status ==
        200);
    const auto language = [&](const std::string& wanted) {
        return send(server, {"GET", info_path, {{"Accept-Language", wanted}}}).field("Content-Language");
    };
    CHECK(language("de") == "de");
    CHECK(language("nb-NO") == "nb-no");
    CHECK(language("fr") == "no");
    REQUIRE(send(server, change("application/json", R"({"Description":"plain"})")).status == 200);
    CHECK(language("de").empty());
}

} // namespace client_habits_test
