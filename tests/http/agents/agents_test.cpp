#include "agents_fixture.hpp"
#include "support/catch.hpp"

namespace agents_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

/// Every call, with a valid body for person 1 and blob 1.
struct Call {
    std::string name;
    std::string body;
    unsigned status;
    bool writes = false;
};

std::vector<Call> all_calls() {
    const auto image = base64_of(text_of(make_gif()));
    return {
        {"Person/GetPersonImage", R"({"PersonId":1})", 200},
        {"Person/SetPersonImage", R"({"PersonId":1,"Image":")" + image + R"("})", 204, true},
        {"Person/GetPersonImages", R"({"PersonIds":[1,2],"ScaledWidth":10,"ScaledHeight":0})", 501},
        {"Person/CreateDefaultPersonImage", "null", 200},
        {"Person/GetPersonEntity", R"({"PersonId":1})", 200},
        {"Person/GetPersonEntity?personEntityId=1", "null", 200},
        {"Person/GetPerson?personId=1", "null", 200},
        {"BLOB/GetPersonImage", R"({"PersonId":1})", 200},
        {"BLOB/GetPersonImageWithSize", R"({"PersonId":1,"Width":10,"Height":-1})", 501},
        {"BLOB/SetPersonImage", R"({"PersonId":1,"Image":")" + image + R"("})", 204, true},
        {"BLOB/ChangePersonImage", R"({"PersonId":2,"BlobId":1})", 204, true},
        {"BLOB/SaveImageStream", R"({"Type":"PersonImage","Image":")" + image + R"("})", 200, true},
        {"BLOB/GetBlobEntityOnPerson", R"({"PersonId":1})", 200},
        {"BLOB/GetBlobEntity?blobEntityId=1", "null", 200},
        {"BLOB/CreateDefaultBlobEntity", "null", 200},
        {"BLOB/SaveBlobEntity", R"({"BlobId":1,"Description":"x"})", 200, true},
        {"BLOB/GetBlobStream", R"({"BlobEntityId":1})", 200},
        {"BLOB/SetBlobStream", R"({"BlobEntityId":1,"Stream":")" + image + R"("})", 204, true},
        {"BLOB/DeleteBlobEntity?blobEntityId=1", "null", 204, true},
    };
}

std::string lower(std::string text) {
    for (auto& character : text)
        character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
    return text;
}

} // namespace

TEST_CASE("every call of the agents is there, paths and names in any case", "[endpoint][agents]") {
    const bool in_lower_case = GENERATE(false, true);
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    for (const auto& call : all_calls()) {
        CAPTURE(call.name);
        auto body = call.body;
        auto name = call.name;
        if (in_lower_case) {
            name = lower(name);
            for (const std::string member : {"PersonIds", "PersonId", "ScaledWidth", "ScaledHeight", "Image",
                                             "BlobEntityId", "BlobId", "Type", "Stream", "Description"})
                if (const auto at = body.find('"' + member + '"'); at != std::string::npos)
                    body[at + 1] = lower(member)[0]; // camelCase
        }
        CHECK(fixture.call(name, body).status == call.status);
    }
}

TEST_CASE("a call by another method is 405 with the methods in Allow", "[endpoint][agents]") {
    const AgentsFixture fixture;
    for (const auto& call : all_calls())
        for (const std::string method : {"PUT", "DELETE", "PATCH"}) {
            CAPTURE(call.name, method);
            const auto response = fixture.send({method, "/api/v1/Agents/" + call.name, {}, {}});
            CHECK(response.status == 405);
            REQUIRE(response.find("Allow") != nullptr);
            CHECK(*response.find("Allow") == "POST, GET, HEAD, OPTIONS");
        }
}

TEST_CASE("calls that change need the right to write, the others don't", "[endpoint][agents]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    const auto reader = basic_authorization("reader", "Reader");
    for (const auto& call : all_calls()) {
        CAPTURE(call.name);
        const auto response = fixture.call(call.name, call.body, {{"Authorization", reader}});
        CHECK(response.status == (call.writes ? 403 : call.status));
        CHECK(fixture.call(call.name, call.body, {{"Authorization", "-"}}).status == 401);
    }
    CHECK(fixture.send({}).status == 200);
}

TEST_CASE("an unknown call of an agent is 404 with the agent's calls", "[endpoint][agents]") {
    const AgentsFixture fixture;
    const auto project = fixture.call("blob/GetProjectImage", "{}");
    CHECK(project.status == 404);
    CHECK(fixture.object_of(project).at("ErrorType") == "SoNotFoundException");
    CHECK(fixture.rule_of(project) == "agent.unknown_call");
    const auto message = fixture.message_of(project);
    CHECK(message.find("The agent BLOB has no call GetProjectImage here") == 0);
    for (const std::string name :
         {"GetPersonImage,", "GetPersonImageWithSize", "SetPersonImage", "ChangePersonImage",
          "SaveImageStream", "GetBlobEntityOnPerson", "GetBlobEntity,", "CreateDefaultBlobEntity",
          "SaveBlobEntity", "DeleteBlobEntity", "GetBlobStream", "SetBlobStream"}) {
        CAPTURE(message, name);
        CHECK(message.find(name) != std::string::npos);
    }
    CHECK(message.find("GetPersonImages") == std::string::npos);

    const auto contact = fixture.call("Contact/GetContact", "{}");
    CHECK(contact.status == 404);
    CHECK(fixture.message_of(contact) == "There is no agent Contact here; the agents are Person, BLOB");
    CHECK(fixture.call("Person", "{}").status == 404);
    CHECK(fixture.call("BLOB/GetBlobEntity/1", "{}").status == 404);
    // Unsafe characters of a name are escaped in the message, and a long name is cut off.
    const auto message_for = [&](const std::string& path) {
        const auto response = fixture.call(path, "{}");
        CHECK(response.status == 404);
        return fixture.message_of(response);
    };
    CHECK(message_for("BLOB/%FF%00%22").find(R"(has no call '\xFF\x00"' here)") != std::string::npos);
    CHECK(message_for("BLOB/Get.It").find("has no call 'Get.It' here") != std::string::npos);
    CHECK(message_for("BLOB/Get/It").find("has no call 'Get/It' here") != std::string::npos);
    CHECK(message_for("BLOB/" + std::string(1000, 'x')).size() < 500);
    CHECK(message_for("BLOB").find("The name of a call is missing; the agent BLOB has GetPersonImage,") == 0);
}

TEST_CASE("a refusal of an argument names the call and the argument", "[endpoint][agents]") {
    const AgentsFixture fixture;
    CHECK(fixture.message_of(fixture.call("Person/GetPersonImage", "{}"))
              .find("Person/GetPersonImage: The argument PersonId") == 0);
    CHECK(fixture.message_of(fixture.call("BLOB/SaveImageStream", "["))
              .find("BLOB/SaveImageStream: The body") == 0);
    CHECK(fixture.message_of(fixture.send({"PUT", "/api/v1/Agents/BLOB/GetBlobStream"}))
              .find("The method 'PUT' is not allowed here; POST") == 0);
}

TEST_CASE("a call's body may be as long as the largest picture in base64 and 64 KiB", "[endpoint][agents]") {
    Limits limits;
    limits.max_bytes = 3000;
    const AgentsFixture fixture{{}, limits};
    constexpr std::size_t limit = 4000 + 64 * 1024;
    const auto padded = [&](std::size_t size) {
        std::string body = R"({"PersonId":1,"Image":"AAAA"})";
        return body + std::string(size - body.size(), ' ');
    };
    CHECK(fixture.rule_of(fixture.call("Person/SetPersonImage", padded(limit))) == "image.unknown_format");
    const auto refused = fixture.call("Person/SetPersonImage", padded(limit + 1));
    CHECK(refused.status == 413);
    CHECK(fixture.object_of(refused).at("Limit") == limit);

    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{.method = "POST", .target = "/api/v1/Agents/Person/SetPersonImage"};
    head.fields.push_back({"Authorization", basic});
    head.fields.push_back({"Content-Type", "application/json"});
    head.chunked = true;
    std::optional<http::BeginOutcome> outcome;
    fixture.endpoint->begin(head, [&](http::BeginOutcome result) { outcome = std::move(result); });
    REQUIRE(outcome.has_value());
    REQUIRE(std::holds_alternative<http::Admission>(*outcome));
    CHECK(std::get<http::Admission>(*outcome).body_limit() == limit);
}

TEST_CASE("a body of another type is 415 where a call reads one", "[endpoint][agents]") {
    const AgentsFixture fixture;
    fixture.give_person_1_a_picture();
    const auto refused =
        fixture.call("BLOB/GetPersonImage", R"({"PersonId":1})", {{"Content-Type", "text/plain"}});
    CHECK(refused.status == 415);
    REQUIRE(refused.find("Accept") != nullptr);
    CHECK(refused.find("Accept")->find("application/json") != std::string::npos);
    CHECK(fixture.call("BLOB/GetPersonImage", R"({"PersonId":1})", {{"Content-Type", ""}}).status == 200);
    // Clients send such types with empty bodies.
    CHECK(fixture.call("BLOB/CreateDefaultBlobEntity", "null", {{"Content-Type", "text/plain"}}).status ==
          200);
    CHECK(fixture.call("BLOB/GetBlobEntity?blobEntityId=1", "", {{"Content-Type", "text/plain"}}).status ==
          200);
}

TEST_CASE("the strict switch makes 400 of a refused upload by an agent", "[endpoint][agents][strict]") {
    const AgentsFixture fixture{{.strict_superoffice = true}};
    const auto truncated = base64_of(text_of(make_png()).substr(0, 20));
    const auto body = R"({"PersonId":1,"Image":")" + truncated + R"("})";
    for (const std::string name : {"Person/SetPersonImage", "BLOB/SetPersonImage"}) {
        const auto response = fixture.call(name, body);
        CHECK(response.status == 400);
        CHECK(fixture.rule_of(response) == "image.truncated");
    }
    CHECK(fixture.call("Person/SetPersonImage", body, {{"Content-Type", "text/plain"}}).status == 400);
    CHECK(fixture.call("Person/GetPersonImage", R"({"PersonId":1})").status == 404);
    const AgentsFixture plain;
    CHECK(plain.call("BLOB/SetPersonImage", body).status == 422);
}

} // namespace agents_test
