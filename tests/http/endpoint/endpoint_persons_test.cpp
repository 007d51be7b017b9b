#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace endpoint_persons_test {

using namespace portrait;
using namespace portrait::testing;

namespace json = boost::json;

namespace {

const std::string list_path = "/api/v1/portrait/persons";

json::object object_of(const http::Response& response) {
    return json::parse(std::string{response.body_text()}).as_object();
}

PersonId person(std::int32_t id) {
    return PersonId::from(id).value();
}

std::vector<std::int64_t> ids_of(const json::object& page) {
    std::vector<std::int64_t> ids;
    for (const auto& item : page.at("Items").as_array())
        ids.push_back(item.at("PersonId").as_int64());
    return ids;
}

using Ids = std::vector<std::int64_t>;

/// The persons 1 to 9, some of them with names; 1 and 3 have pictures.
struct PersonsFixture : EndpointFixture {
    PersonsFixture() {
        directory->add(person(1), "Åse van der Berg");
        directory->add(person(2), "Bård Ødegård");
        directory->add(person(3), "Jürgen Groß");
        REQUIRE(send(put_picture(1, text_of(make_png()))).status == 200);
        REQUIRE(send(put_picture(3, text_of(make_png(4, 4)))).status == 200);
    }

    http::Response get(const std::string& target) const { return send({.target = target}); }
    json::object page(const std::string& query) const {
        const auto response = get(list_path + query);
        CAPTURE(query, response.body_text());
        REQUIRE(response.status == 200);
        return object_of(response);
    }
    http::Response call(const std::string& call, std::string body) const {
        return send({"POST", "/api/v1/Agents/Person/" + call, {}, std::move(body)});
    }
};

/// Accepts everybody as a user that is tied to person 3.
class TiedUser final : public http::Authenticator {
public:
    void authenticate(http::Credentials, std::string_view,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        done(http::Principal{"jg", {.associate_id = 5, .name = "jg", .full_name = "Jürgen", .person_id = 3}});
    }
};

} // namespace

TEST_CASE("currentPrincipal is the caller as a SoPrincipalCarrier", "[endpoint][persons]") {
    const EndpointFixture fixture;
    const auto response = fixture.send({.target = "/api/v1/User/currentPrincipal"});
    CHECK(response.status == 200);
    CHECK(response.body_text() ==
          R"({"UserType":"InternalAssociate","Associate":"tje0","AssociateId":5,"IsPerson":false,)"
          R"("PersonId":0,"CountryId":0,"HomeCountryId":0,"ContactId":0,"GroupId":0,"BusinessId":0,)"
          R"("CategoryId":0,"ContactOwner":0,"RoleId":0,"RoleName":"","RoleDescription":"",)"
          R"("RoleType":"Employee","Licenses":[],"FullName":"Terje","EMailAddress":"",)"
          R"("FunctionRights":["read","write"],"EjUserId":0,"EjAccessLevel":0,"EjUserStatus":"StatusNone",)"
          R"("ProvidedCredentials":[],"SecondaryGroups":[],"DatabaseContextIdentifier":"",)"
          R"("UserName":"tje0"})");
    const auto reader =
        fixture.send({.target = "/api/v1/User/currentPrincipal",
                      .fields = {{"Authorization", basic_authorization("reader", "Reader")}}});
    CHECK(object_of(reader).at("FunctionRights") == json::array{"read"});
    CHECK(fixture.send({.target = "/api/v1/User/currentPrincipal", .fields = {{"Authorization", "-"}}})
              .status == 401);
}

TEST_CASE("the person of currentPrincipal leads to a picture", "[endpoint][persons]") {
    const PersonsFixture fixture;
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{fixture.service, std::make_shared<TiedUser>(), executor, executor};
    const auto basic = basic_authorization("jg", "x");
    const auto get = [&](const std::string& target) {
        http::RequestHead head{.method = "GET", .target = target};
        head.fields.push_back({"Authorization", basic});
        return endpoint.handle(head, {});
    };
    const auto principal = object_of(get("/api/v1/User/currentPrincipal"));
    CHECK(principal.at("IsPerson") == true);
    const auto person_path = "/api/v1/Person/" + json::serialize(principal.at("PersonId"));
    CHECK(object_of(get(person_path)).at("FullName") == "Jürgen Groß");
    CHECK(get(person_path + "/Image").status == 200);
}

TEST_CASE("a person is the vendor's PersonEntity, and a Person in short", "[endpoint][persons]") {
    const PersonsFixture fixture;
    const auto response = fixture.get("/api/v1/Person/1");
    CHECK(response.status == 200);
    CHECK(response.reason == "PersonEntity found.");
    const auto entity = object_of(response);
    CHECK(std::string_view{response.body_text()}.starts_with(
        R"({"PersonId":1,"Firstname":"Åse","MiddleName":"van der","Lastname":"Berg","Mrmrs":"","Title":"",)"
        R"("UpdatedDate":"0001-01-01T00:00:00","CreatedDate":"0001-01-01T00:00:00",)"
        R"("BirthDate":"0001-01-01T00:00:00","CreatedBy":null,"Emails":[],"Description":"","IsAssociate":false,)"));
    CHECK(entity.size() == 66);
    CHECK(entity.at("FullName") == "Åse van der Berg");
    CHECK(entity.at("CustomFields") == json::object{});
    const auto simple = object_of(fixture.get("/api/v1/Person/1/Simple"));
    CHECK(simple.size() == 42);
    CHECK(simple.begin()->key() == "Position");
    CHECK(simple.at("Position") == "");
    CHECK(simple.at("PersonId") == 1);
    CHECK(simple.at("Lastname") == "Berg");
    CHECK(simple.at("Retired") == 0);
    CHECK(simple.at("FieldProperties") == json::object{});
    // Not in the directory: its name, though it exists.
    CHECK(object_of(fixture.get("/api/v1/Person/9")).at("FullName") == "");
    const auto selected = object_of(fixture.get("/api/v1/Person/1?$SELECT=lastname,PersonId"));
    CHECK(selected.at("PersonId") == 1);
    CHECK(selected.at("Lastname") == "Berg");
    CHECK(selected.at("Firstname").is_null());
}

TEST_CASE("an unknown person is 404, an invalid id 400", "[endpoint][persons]") {
    const PersonsFixture fixture;
    for (const std::string rest : {"", "/Simple"}) {
        const auto unknown = fixture.get("/api/v1/Person/99" + rest);
        CHECK(unknown.status == 404);
        CHECK(object_of(unknown).at("Rule") == "person.unknown");
        for (const std::string id : {"0", "x", "-1", "2147483648", "%7BpersonId%7D"})
            CHECK(fixture.get("/api/v1/Person/" + id + rest).status == 400);
    }
    CHECK(fixture.get("/api/v1/Person").status == 404);
    CHECK(fixture.send({.method = "PUT", .target = "/api/v1/Person/1"}).status == 405);
}

TEST_CASE("agents answer with a person, or with null for an unknown one", "[endpoint][persons][agents]") {
    const PersonsFixture fixture;
    CHECK(fixture.call("GetPersonEntity", R"({"PersonId":1})").body_text() ==
          fixture.get("/api/v1/Person/1").body_text());
    CHECK(fixture.call("GetPerson", R"({"personId":1})").body_text() ==
          fixture.get("/api/v1/Person/1/Simple").body_text());
    // As the vendor's client sends it.
    CHECK(object_of(fixture.call("GetPersonEntity?personEntityId=2", "")).at("Firstname") == "Bård");
    CHECK(object_of(fixture.call("GetPerson?PERSONID=2", "null")).at("Firstname") == "Bård");
    for (const std::string call : {"GetPersonEntity?personEntityId=99", "GetPerson?personId=99"}) {
        const auto unknown = fixture.call(call, "");
        CHECK(unknown.status == 200);
        CHECK(unknown.body_text() == "null");
    }
    const auto selected = object_of(fixture.call("GetPersonEntity?personEntityId=1&$select=firstname", ""));
    for (const auto& member : selected)
        CHECK(member.value() == (member.key() == "Firstname" ? json::value("Åse") : json::value()));
    for (const std::string call :
         {"GetPersonEntity", "GetPersonEntity?personEntityId=x", "GetPerson?personId=0"})
        CHECK(fixture.call(call, "").status == 400);
    const auto refused = object_of(fixture.call("GetPersonEntity?personEntityId=x", ""));
    CHECK(refused.at("Rule") == "person.invalid_id");
    CHECK(refused.at("ErrorMessage") ==
          "The query parameter personEntityId is not valid: 'x'; a whole number from 1 to 2147483647 is "
          "accepted");
}

TEST_CASE("persons are listed with the ETags of their pictures", "[endpoint][persons]") {
    const PersonsFixture fixture;
    const auto response = fixture.get(list_path + "?limit=3");
    CHECK(response.status == 200);
    CHECK(field(response, "Cache-Control") == "no-store");
    CHECK(response.find("ETag") == nullptr);
    const auto tag_of = [&](std::int32_t person) {
        return boost::json::serialize(boost::json::string{field(fixture.send(get_picture(person)), "ETag")});
    };
    CHECK(response.body_text() ==
          R"({"Items":[{"PersonId":1,"FullName":"Åse van der Berg","HasImage":true,"ETag":)" + tag_of(1) +
              R"(},{"PersonId":2,"FullName":"Bård Ødegård","HasImage":false,"ETag":null},)"
              R"({"PersonId":3,"FullName":"Jürgen Groß","HasImage":true,"ETag":)" +
              tag_of(3) + R"(}],"Next":"3"})");
    const auto page = object_of(response);
    for (const auto& item : page.at("Items").as_array())
        if (item.at("HasImage").as_bool()) {
            const auto picture =
                fixture.send(get_picture(static_cast<std::int32_t>(item.at("PersonId").as_int64())));
            CHECK(field(picture, "ETag") == item.at("ETag").as_string());
        }
    const auto xml =
        fixture.send({.target = list_path + "?search=GROSS", .fields = {{"Accept", "text/xml"}}});
    CHECK(xml.body_text() ==
          R"(<Persons xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Items><Item>)"
          R"(<PersonId>3</PersonId><FullName>Jürgen Groß</FullName><HasImage>true</HasImage>)"
          "<ETag>" +
              field(fixture.send(get_picture(3)), "ETag") +
              R"(</ETag></Item></Items><Next xsi:nil="true"/></Persons>)");
}

TEST_CASE("a list is searched by id or a part of the name, and by having a picture", "[endpoint][persons]") {
    const PersonsFixture fixture;
    CHECK(ids_of(fixture.page("")) == Ids{1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(ids_of(fixture.page("?search=%C3%85SE")) == Ids{1});
    CHECK(ids_of(fixture.page("?search=%C3%B8DEG%C3%A5")) == Ids{2});
    CHECK(ids_of(fixture.page("?search=van+der")) == Ids{1});
    CHECK(ids_of(fixture.page("?SEARCH=7")) == Ids{7});
    CHECK(ids_of(fixture.page("?search=nobody")).empty());
    CHECK(ids_of(fixture.page("?hasImage=true")) == Ids{1, 3});
    CHECK(ids_of(fixture.page("?HASIMAGE=False")) == Ids{2, 4, 5, 6, 7, 8, 9});
    CHECK(ids_of(fixture.page("?hasImage=true&search=j%C3%9Crgen")) == Ids{3});
    CHECK(ids_of(fixture.page("?hasImage=false&search=3")).empty());
    CHECK(ids_of(fixture.page("?search=&hasImage=&after=&limit=&other=1")).size() == 9);
}

TEST_CASE("the pages of a list have each person once", "[endpoint][persons]") {
    const PersonsFixture fixture;
    for (const std::string query : {"?limit=1", "?limit=2", "?limit=4", "?limit=9", "?limit=200"}) {
        Ids all;
        std::string after;
        for (int pages = 0; pages < 12; ++pages) {
            const auto page = fixture.page(query + after);
            const auto ids = ids_of(page);
            all.insert(all.end(), ids.begin(), ids.end());
            if (page.at("Next").is_null())
                break;
            after = "&after=" + std::string{page.at("Next").as_string()};
        }
        CHECK(all == Ids{1, 2, 3, 4, 5, 6, 7, 8, 9});
    }
    // The person with the searched id fills the first page, and the search goes on behind it.
    fixture.directory->add(person(5), "Number 7");
    const auto first = fixture.page("?search=7&limit=1");
    CHECK(ids_of(first) == Ids{7});
    CHECK(first.at("Next") == "0");
    CHECK(ids_of(fixture.page("?search=7&limit=2&after=0")) == Ids{5});
}

TEST_CASE("a list refuses values by the parameter's name", "[endpoint][persons]") {
    const PersonsFixture fixture;
    const auto message = [&](const std::string& query) {
        const auto response = fixture.get(list_path + query);
        CHECK(response.status == 400);
        CHECK(object_of(response).at("Rule") == "request.bad_parameter");
        return std::string{object_of(response).at("ErrorMessage").as_string()};
    };
    CHECK(message("?limit=0") ==
          "The query parameter limit is not valid: '0'; a whole number from 1 to 200 is accepted");
    CHECK(message("?limit=201") ==
          "The query parameter limit is not valid: '201'; a whole number from 1 to 200 is accepted");
    CHECK(message("?limit=ten") ==
          "The query parameter limit is not valid: 'ten'; a whole number from 1 to 200 is accepted");
    CHECK(message("?hasImage=1") ==
          "The query parameter hasImage is not valid: '1'; true and false are accepted");
    CHECK(message("?after=-1") ==
          "The query parameter after is not valid: '-1'; the Next of a page is accepted");
    CHECK(message("?after=2147483648").find("after") != std::string::npos);
    CHECK(message("?search=%FF") ==
          "The query parameter search is not valid: '\\xFF'; at most 255 bytes of UTF-8 are accepted");
    CHECK(message("?search=" + std::string(256, 'a')).size() < 200);
    CHECK(fixture.get(list_path + "?search=" + std::string(255, 'a')).status == 200);
    CHECK(fixture.send({.target = list_path, .fields = {{"Authorization", "-"}}}).status == 401);
}

TEST_CASE("a list is 501 where the directory can't list", "[endpoint][persons]") {
    const EndpointFixture fixture;
    const auto service =
        std::make_shared<PersonImageService>(fixture.store, std::make_shared<AnyPersonDirectory>());
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{service, std::make_shared<TiedUser>(), executor, executor};
    const auto basic = basic_authorization("jg", "x");
    http::RequestHead head{.method = "GET", .target = list_path};
    head.fields.push_back({"Authorization", basic});
    const auto response = endpoint.handle(head, {});
    CHECK(response.status == 501);
    CHECK(object_of(response).at("Rule") == "person.not_listed");
    CHECK(object_of(response).at("ErrorType") == "SoNotSupportedException");
}

} // namespace endpoint_persons_test
