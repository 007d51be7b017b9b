#include "agents_fixture.hpp"
#include "support/catch.hpp"

namespace agents_bodies_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

const std::string xml = "application/xml";
const std::string form = "application/x-www-form-urlencoded";

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t level = 0; level < depth; ++level)
        text += open;
    for (std::size_t level = 0; level < depth; ++level)
        text += close;
    return text;
}

} // namespace

TEST_CASE("a body that can't be read is 400 with a reason", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    const auto type_and_body = GENERATE_COPY(values<std::pair<std::string, std::string>>({
        {"application/json", "{"},
        {"application/json", R"({"PersonId":1}x)"},
        {"application/json", R"({"PersonId":1,})"},
        {"application/json", R"({"PersonId":1/**/})"},
        {"application/json", R"([1])"},
        {"application/json", "1"},
        {"application/json", R"("PersonId")"},
        {"application/json", "{\"PersonId\":1,\"x\":\"\xC0\x80\"}"},
        {"application/json", R"({"PersonId":1,"x":"\ud800"})"},
        {"application/json", std::string("{\"PersonId\":1\0}", 15)},
        {"application/json", R"({"PersonId":1,"x":)" + nested(10'000, "[", "]") + "}"},
        {"application/json", R"({"PersonId":1,"x":)" + nested(10'000, R"({"a":)", "}") + "}"},
        {xml, "<r><PersonId>1</PersonId>"},
        {xml, "<r><PersonId>1</PersonId></r><r/>"},
        {xml, "PersonId"},
        {xml, "<!DOCTYPE r [<!ENTITY a \"1\"><!ENTITY b \"&a;&a;\">]><r><PersonId>&b;</PersonId></r>"},
        {xml, "<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r><PersonId>1</PersonId></r>"},
        {xml, "<r><PersonId>1&unknown;</PersonId></r>"},
        {xml, "<r><PersonId>1</PersonId>" + nested(10'000, "<a>", "</a>") + "</r>"},
        {xml,
         "<r><PersonId>1</PersonId>" + nested(1, std::string(200'000, ' ') + "<a>\xFF", "</a>") + "</r>"},
        {xml, "<r><PersonId>1</PersonId>" + nested(60'000, "<a/>", "") + "</r>"},
        {form, "PersonId=%zz"},
    }));
    CAPTURE(type_and_body.first, type_and_body.second.substr(0, 80));
    const auto response =
        fixture.call("Person/GetPersonImage", type_and_body.second, {{"Content-Type", type_and_body.first}});
    CHECK(response.status == 400);
    CHECK(fixture.object_of(response).at("ErrorType") == "SoArgumentException");
    CHECK(fixture.rule_of(response).rfind("request.", 0) == 0);
}

TEST_CASE("bodies have the same content in each notation", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto png = fixture.give_person_1_a_picture();
    const auto type_and_body = GENERATE(values<std::pair<std::string, std::string>>({
        {"application/json", R"({"PersonId":1})"},
        {"text/json; charset=utf-8", "\xEF\xBB\xBF \r\n{\"personid\" : 1 } "},
        {"application/json-patch+json", R"({"PERSONID":1})"},
        {"application/merge-patch+json", R"({"PersonId":1})"},
        {"application/json", R"({"PersonId":9,"PersonId":1})"},
        {"application/json", R"({"\u0050ersonId":1})"},
        {"application/json", R"({"Other":{"PersonId":7,"a":[1,{}]},"PersonId":1,"b":["PersonId",null,2.5]})"},
        {xml, "<request><PersonId>1</PersonId></request>"},
        {"text/xml", "<?xml version=\"1.0\" encoding=\"utf-8\"?><r:a xmlns:r='u'>"
                     "<r:personId> 1\n</r:personId><PersonIds><int>3</int></PersonIds></r:a>"},
        {xml, "<r><PersonId>&#49;</PersonId></r>"},
        {xml, "<r><PersonId><![CDATA[1]]></PersonId></r>"},
        {form, "PersonId=1"},
        {form, "a=b&personid=%31"},
    }));
    CAPTURE(type_and_body.first, type_and_body.second);
    const auto response =
        fixture.call("Person/GetPersonImage", type_and_body.second, {{"Content-Type", type_and_body.first}});
    CHECK(response.status == 200);
    CHECK(response.body_text() == png);
}

TEST_CASE("a body's size and repetition cost no more than reading it", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto png = fixture.give_person_1_a_picture();
    // A million members and entries that no call takes.
    std::string body = R"({"PersonId":1,"Unknown":[0)";
    for (int entry = 0; entry < 1'000'000; ++entry)
        body += ",0";
    body += R"(],"PersonIds":[0)";
    for (int entry = 0; entry < 1'000'000; ++entry)
        body += ",0";
    body += "]}";
    CHECK(fixture.call("Person/GetPersonImage", body).body_text() == png);
    const auto images = fixture.call("Person/GetPersonImages", body);
    CHECK(images.status == 400);
    CHECK(fixture.object_of(images).at("Limit") == 1000);
    CHECK(fixture.call("Person/GetPersonImage", "{\"" + std::string(1'000'000, 'x') + "\":0,\"PersonId\":1}")
              .status == 200);
}

TEST_CASE("the refusal of a missing or wrong argument has its name", "[endpoint][agents][body]") {
    struct Bad {
        std::string call;
        std::string body;
        std::string argument;
    };
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    const auto image = R"(,"Image":")" + base64_of(text_of(make_png())) + "\"";
    const auto bad = GENERATE_COPY(values<Bad>({
        {"Person/GetPersonImage", "", "PersonId"},
        {"Person/GetPersonImage", "null", "PersonId"},
        {"Person/GetPersonImage", "{}", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":null})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":"one"})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":1.5})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":true})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":[1]})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":{"PersonId":1}})", "PersonId"},
        {"Person/GetPersonImage", R"({"PersonId":18446744073709551615})", "PersonId"},
        {"BLOB/GetPersonImage", R"({"PersonId":[]})", "PersonId"},
        {"BLOB/SetPersonImage", R"({"PersonId":"1x")" + image + "}", "PersonId"},
        {"BLOB/SetPersonImage", R"({"PersonId":1,"Image":5})", "Image"},
        {"BLOB/SetPersonImage", R"({"PersonId":1,"Image":["AAAA"]})", "Image"},
        {"Person/GetPersonImages", "{}", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":1})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":["one"]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":["1.5"]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[{"a":"1"}]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[1,null]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[1,[2]]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[[2],1]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[2147483648]})", "PersonIds"},
        {"Person/GetPersonImages", R"({"PersonIds":[1],"ScaledWidth":"10x"})", "ScaledWidth"},
        {"Person/GetPersonImages", R"({"PersonIds":[1],"ScaledHeight":2147483648})", "ScaledHeight"},
        {"BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":1.5})", "Width"},
        {"BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Height":{}})", "Height"},
        {"BLOB/ChangePersonImage", R"({"PersonId":1})", "BlobId"},
        {"BLOB/ChangePersonImage", R"({"PersonId":1,"BlobId":null})", "BlobId"},
        {"BLOB/ChangePersonImage", R"({"PersonId":1,"BlobId":-1})", "BlobId"},
        {"BLOB/ChangePersonImage", R"({"PersonId":1,"BlobId":""})", "BlobId"},
        {"BLOB/SaveImageStream", "{}", "Type"},
        {"BLOB/SaveImageStream", R"({"Type":true)" + image + "}", "Type"},
        {"BLOB/SaveImageStream", R"({"Type":1,"Description":5)" + image + "}", "Description"},
        {"BLOB/SaveBlobEntity", R"({"BlobId":"one"})", "BlobId"},
        {"BLOB/SaveBlobEntity", R"({"BlobId":-5})", "BlobId"},
        {"BLOB/SaveBlobEntity", R"({"BlobId":1,"Description":["x"]})", "Description"},
        {"BLOB/SaveBlobEntity", R"({"BlobId":1,"ExtraInfo":1})", "ExtraInfo"},
        {"BLOB/SaveBlobEntity", R"({"BlobId":1,"ConceptualType":{}})", "ConceptualType"},
        {"BLOB/SaveBlobEntity", "null", "BlobEntity"},
        {"BLOB/SaveBlobEntity", "", "BlobEntity"},
        {"BLOB/GetBlobStream", "{}", "BlobEntityId"},
        {"BLOB/GetBlobStream", R"({"BlobEntityId":0})", "BlobEntityId"},
        {"BLOB/SetBlobStream", R"({"Stream":"AAAA"})", "BlobEntityId"},
        {"BLOB/SetBlobStream", R"({"BlobEntityId":1,"Stream":1})", "Stream"},
        {"BLOB/GetBlobEntity", "null", "blobEntityId"},
        {"BLOB/GetBlobEntity?blobEntityId=", "null", "blobEntityId"},
        {"BLOB/GetBlobEntity?blobEntityId=0", "null", "blobEntityId"},
        {"BLOB/GetBlobEntity?blobEntityId=1x", "null", "blobEntityId"},
        {"BLOB/DeleteBlobEntity?blobEntityId=-1", "null", "blobEntityId"},
    }));
    CAPTURE(bad.call, bad.body.substr(0, 80));
    const auto response = fixture.call(bad.call, bad.body);
    CHECK(response.status == 400);
    CHECK(fixture.message_of(response).find(bad.argument) != std::string::npos);
    CHECK(fixture.send({}).status == 200);
}

TEST_CASE("person ids out of range are not valid", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto id = GENERATE(as<std::string>{}, "0", "-1", "2147483648", "9223372036854775807");
    for (const std::string name : {"Person/GetPersonImage", "BLOB/GetBlobEntityOnPerson"}) {
        const auto response = fixture.call(name, R"({"PersonId":)" + id + "}");
        CHECK(response.status == 400);
        CHECK(fixture.rule_of(response) == "person.invalid_id");
    }
}

TEST_CASE("base64 that isn't strict is refused and changes nothing", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto stored = fixture.give_person_1_a_picture();
    const auto good = base64_of(text_of(make_gif()));
    const auto bad = GENERATE_COPY(as<std::string>{}, good + "=", good.substr(1),
                                   good.substr(0, 8) + "-_" + good.substr(10),
                                   good.substr(0, 8) + "\\u0000" + good.substr(9), good + "garbage",
                                   "====", "data:image/gif;base64," + good, "AAAAAB==", "\xC3\xA9" + good);
    CAPTURE(bad);
    struct Upload {
        std::string call;
        std::string start;
    };
    for (const auto& [name, start] : {Upload{"Person/SetPersonImage", R"({"PersonId":1,"Image":")"},
                                      Upload{"BLOB/SetPersonImage", R"({"PersonId":1,"Image":")"},
                                      Upload{"BLOB/SaveImageStream", R"({"Type":1,"Image":")"},
                                      Upload{"BLOB/SetBlobStream", R"({"BlobEntityId":1,"Stream":")"}}) {
        const auto response = fixture.call(name, start + bad + "\"}");
        CHECK(response.status == 400);
        CHECK(fixture.message_of(response).find("is not base64") != std::string::npos);
    }
    CHECK(fixture.send({}).body_text() == stored);
}

TEST_CASE("white space in base64 is skipped", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto picture = text_of(make_jpeg_of_size(5000));
    const auto plain = base64_of(picture);
    std::string lines = " ";
    for (std::size_t start = 0; start < plain.size(); start += 76)
        lines += plain.substr(start, 76) + "\\r\\n\\t";
    CHECK(fixture.call("Person/SetPersonImage", R"({"PersonId":1,"Image":")" + lines + "\"}").status == 204);
    CHECK(fixture.send({}).body_text() == picture);
}

TEST_CASE("numbers may be texts", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto picture = fixture.give_person_1_a_picture();
    CHECK(fixture.call("Person/GetPersonImage", R"({"PersonId":"1"})").body_text() == picture);
    CHECK(fixture.call("BLOB/GetBlobStream", R"({"BlobEntityId":" 1 "})").body_text() == picture);
    CHECK(fixture.call("BLOB/ChangePersonImage", R"({"PersonId":"2","BlobId":"1"})").status == 204);
    CHECK(fixture.call("BLOB/SaveBlobEntity", R"({"BlobId":"1","Description":"1"})").status == 200);
    CHECK(fixture.call("BLOB/ChangePersonImage", R"({"PersonId":"2","BlobId":"0"})").status == 204);
    CHECK(fixture.call("Person/GetPersonImages", R"({"PersonIds":["1",2,"-3"],"ScaledWidth":"5"})").status ==
          501); // without a renderer, after the arguments were read
}

TEST_CASE("base64 that JSON escapes is unescaped", "[endpoint][agents][body]") {
    const AgentsFixture fixture;
    const auto picture = text_of(make_jpeg_of_size(5000));
    const auto plain = base64_of(picture);
    std::string escaped;
    for (const char letter : plain)
        escaped += letter == '/' ? "\\/" : letter == '+' ? "\\u002B" : std::string{letter};
    REQUIRE(escaped != plain);
    CHECK(fixture.call("Person/SetPersonImage", R"({"PersonId":1,"Image":")" + escaped + "\"}").status ==
          204);
    CHECK(fixture.send({}).body_text() == picture);
}

TEST_CASE("a picture of megabytes comes through as it is, in each notation", "[endpoint][agents][body]") {
    Limits limits;
    limits.max_bytes = 3 * 1024 * 1024;
    const AgentsFixture fixture{{}, limits};
    const auto picture = text_of(make_jpeg_of_size(limits.max_bytes));
    const auto image = base64_of(picture);
    CHECK(fixture.call("Person/SetPersonImage", R"({"image":")" + image + R"(","personId":1})").status ==
          204);
    CHECK(fixture.send({}).body_text() == picture);
    CHECK(fixture
              .call("Person/SetPersonImage", "<a><PersonId>2</PersonId><Image>\n" + image + "\n</Image></a>",
                    {{"Content-Type", xml}})
              .status == 204);
    CHECK(fixture.send({"GET", "/api/v1/Person/2/Image", {}, {}}).body_text() == picture);

    const auto larger = base64_of(text_of(make_jpeg_of_size(limits.max_bytes + 1)));
    const auto refused = fixture.call("Person/SetPersonImage", R"({"PersonId":3,"Image":")" + larger + "\"}");
    CHECK(refused.status == 413);
    CHECK(fixture.rule_of(refused) == "image.too_many_bytes");
    CHECK(fixture.object_of(refused).at("Observed") == limits.max_bytes + 1);
    CHECK(fixture.object_of(refused).at("Limit") == limits.max_bytes);
}

} // namespace agents_bodies_test
