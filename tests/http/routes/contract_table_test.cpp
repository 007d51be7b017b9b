#include "http/endpoint/endpoint_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <map>
#include <sstream>

namespace contract_table_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// The answer's Content-Type for a cell's letter.
const std::map<char, std::string> types{{'J', "application/json; charset=utf-8"},
                                        {'j', "text/json; charset=utf-8"},
                                        {'X', "application/xml; charset=utf-8"},
                                        {'x', "text/xml; charset=utf-8"},
                                        {'P', "application/json-patch+json; charset=utf-8"},
                                        {'M', "application/merge-patch+json; charset=utf-8"},
                                        {'I', "image/png"},
                                        {'O', "application/octet-stream"},
                                        {'-', ""}};

/// The columns of every table: a value of Accept, `none` for no such field. An Accept without an available
/// type gives JSON, or the picture as it is, as the vendor's platform does: never 406.
const std::vector<std::string> accepts{
    "none",
    "*/*",
    "application/json",
    "text/json",
    "application/xml",
    "text/xml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "text/xml;q=0.5, application/xml;q=0.4, application/json;q=0.3",
    "application/octet-stream",
    "image/png",
    "video/mp4",
};

const std::string json_body = R"({"Description":"a"})";
const std::string patch_body = R"([{"op":"replace","path":"/Description","value":"a"}])";
const std::string xml_body = "<BlobEntity><Description>a</Description></BlobEntity>";
const std::string form_body = "Description=a";

std::string picture() {
    return text_of(make_png());
}

std::string multipart_body() {
    return "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n" + picture() +
           "\r\n--b--\r\n";
}

/// A row: method, path, Content-Type (`none`: no such field), body, and a cell for each of `accepts`: the
/// status and a letter of `types`.
struct Row {
    std::string method;
    std::string path;
    std::string content_type;
    std::string body;
    std::string cells;
};

const std::string image = "/api/v1/Person/1/Image";
const std::string info = "/api/v1/Person/1/ImageInfo";
const std::string agents = "/api/v1/Agents/";

const std::string document = "200J 200J 200J 200j 200X 200x 200P 200M 200x 200J 200J 200J";
const std::string as_stored = "200I 200I 200I 200I 200I 200I 200I 200I 200I 200I 200I 200I";
const std::string no_content = "204- 204- 204- 204- 204- 204- 204- 204- 204- 204- 204- 204-";
const std::string wrong_type = "415J 415J 415J 415j 415X 415x 415P 415M 415x 415J 415J 415J";
const std::string bad_body = "400J 400J 400J 400j 400X 400x 400P 400M 400x 400J 400J 400J";
const std::string wrong_method = "405J 405J 405J 405j 405X 405x 405P 405M 405x 405J 405J 405J";
/// Raw bytes without Accept: the vendor's client always sends octet-stream.
const std::string binary = "200O 200O 200J 200j 200X 200x 200P 200M 200x 200O 200I 200J";

void check_row(const Row& row) {
    std::istringstream cells{row.cells};
    for (const auto& accept : accepts) {
        std::string cell;
        REQUIRE(cells >> cell);
        CAPTURE(row.method, row.path, row.content_type, accept, cell);
        const EndpointFixture fixture;
        REQUIRE(fixture.send({"PUT", image, {{"Content-Type", "image/png"}}, picture()}).status == 200);
        Request request{row.method, row.path, {}, row.body};
        if (row.content_type != "none")
            request.fields.emplace_back("Content-Type", row.content_type);
        if (accept != "none")
            request.fields.emplace_back("Accept", accept);
        const auto response = fixture.send(request);
        const auto* type = response.find("Content-Type");
        CHECK(std::to_string(response.status) == cell.substr(0, 3));
        CHECK((type != nullptr ? *type : std::string{}) == types.at(cell.at(3)));
        CHECK((type != nullptr || response.body_text().empty()));
    }
}

void check_table(const std::vector<Row>& table) {
    for (const auto& row : table)
        check_row(row);
}

} // namespace

TEST_CASE("Accept by Content-Type by method: ImageInfo", "[contract][table]") {
    check_table({
        {"GET", info, "none", "", document},
        {"HEAD", info, "none", "", document},
        {"PUT", info, "application/json", json_body, document},
        {"PUT", info, "text/json", json_body, document},
        {"PUT", info, "application/json; charset=utf-8", json_body, document},
        {"PUT", info, "application/xml", xml_body, document},
        {"PUT", info, "text/xml", xml_body, document},
        {"PUT", info, "application/x-www-form-urlencoded", form_body, document},
        {"PUT", info, "application/json-patch+json", patch_body, document},
        {"PUT", info, "application/merge-patch+json", json_body, document},
        {"PUT", info, "none", json_body, wrong_type},
        {"PUT", info, "text/plain", json_body, wrong_type},
        {"PUT", info, "application/json; charset=utf-16", json_body, wrong_type},
        {"PUT", info, "image/png", picture(), wrong_type},
        {"PUT", info, "application/json", xml_body, bad_body},
        {"PUT", info, "application/xml", json_body, bad_body},
        {"PATCH", info, "application/json", json_body, document},
        {"PATCH", info, "text/json", json_body, document},
        {"PATCH", info, "application/xml", xml_body, document},
        {"PATCH", info, "text/xml", xml_body, document},
        {"PATCH", info, "application/x-www-form-urlencoded", form_body, document},
        {"PATCH", info, "application/json-patch+json", patch_body, document},
        {"PATCH", info, "application/merge-patch+json", json_body, document},
        {"PATCH", info, "text/plain", patch_body, wrong_type},
        {"POST", info, "application/json", json_body, wrong_method},
        {"DELETE", info, "none", "", wrong_method},
        {"OPTIONS", info, "none", "", no_content},
    });
}

TEST_CASE("Accept by Content-Type by method: Image", "[contract][table]") {
    std::vector<Row> table{
        {"GET", image, "none", "", as_stored},
        {"HEAD", image, "none", "", as_stored},
        {"DELETE", image, "none", "", no_content},
        {"OPTIONS", image, "none", "", no_content},
        {"PATCH", image, "image/png", picture(), wrong_method},
    };
    for (const std::string method : {"PUT", "POST"}) {
        for (const std::string type : {"image/png", "image/jpeg", "image/gif", "image/tiff", "image/jpg",
                                       "image/pjpeg", "image/x-png", "application/octet-stream", "none"})
            table.push_back({method, image, type, picture(), document});
        table.push_back({method, image, "multipart/form-data; boundary=b", multipart_body(), document});
        table.push_back({method, image, "multipart/form-data", multipart_body(), bad_body});
        for (const std::string type : {"text/plain", "application/json", "image/webp", "image/*"})
            table.push_back({method, image, type, picture(), wrong_type});
        table.push_back({method, image, "image/png", "no picture", bad_body});
        table.push_back({method, image, "image/png", "", bad_body});
    }
    check_table(table);
}

TEST_CASE("Accept by Content-Type by method: documents other than pictures and entities",
          "[contract][table]") {
    const std::string json_only = "200J 200J 200J 200J 200J 200J 200J 200J 200J 200J 200J 200J";
    const std::string not_found = "404J 404J 404J 404j 404X 404x 404P 404M 404x 404J 404J 404J";
    check_table({
        {"GET", "/api", "none", "", document},
        {"HEAD", "/api", "none", "", document},
        {"GET", "/api/v1", "none", "", document},
        {"GET", "/api/state/Cust12345", "none", "", document},
        {"PUT", "/api/v1", "application/json", json_body, wrong_method},
        {"GET", "/api/v1/openapi.json", "none", "", json_only},
        {"GET", "/api/v1/User/currentPrincipal", "none", "", document},
        {"GET", "/api/v1/Person/1", "none", "", document},
        {"GET", "/api/v1/Person/1/Simple", "none", "", document},
        {"GET", "/api/v1/Person/99", "none", "", not_found},
        {"GET", "/api/v1/portrait/persons", "none", "", document},
        {"GET", "/nothing", "none", "", not_found},
        {"PUT", "/nothing", "application/json", json_body, not_found},
        {"POST", agents + "Person/Nothing", "application/json", json_body, not_found},
    });
}

TEST_CASE("Accept by Content-Type by method: agents", "[contract][table]") {
    const std::string person = R"({"personId":1})";
    const std::string person_xml = "<Arguments><PersonId>1</PersonId></Arguments>";
    const std::string entity = agents + "BLOB/GetBlobEntityOnPerson";
    check_table({
        {"POST", agents + "Person/GetPersonImage", "application/json", person, binary},
        {"POST", agents + "BLOB/GetPersonImage", "text/xml", person_xml, binary},
        {"POST", agents + "BLOB/GetBlobStream", "application/json", R"({"BlobEntityId":1})", binary},
        {"POST", entity, "application/json", person, document},
        {"POST", entity, "text/json", person, document},
        {"POST", entity, "application/xml", person_xml, document},
        {"POST", entity, "text/xml", person_xml, document},
        {"POST", entity, "application/x-www-form-urlencoded", "PersonId=1", document},
        {"POST", entity, "none", person, document},
        {"POST", entity, "text/plain", person, wrong_type},
        {"POST", entity, "application/json", "{", bad_body},
        {"POST", agents + "BLOB/GetBlobEntity?blobEntityId=1", "none", "", document},
        {"POST", agents + "BLOB/CreateDefaultBlobEntity", "none", "", document},
        {"POST", agents + "Person/CreateDefaultPersonImage", "none", "", document},
        {"POST", agents + "Person/GetPersonEntity", "text/xml", person_xml, document},
        {"POST", agents + "Person/GetPersonEntity?personEntityId=99", "none", "", document},
        {"POST", agents + "Person/GetPerson?personId=1", "none", "", document},
        {"POST", agents + "BLOB/SaveBlobEntity", "application/json", R"({"BlobId":1,"Description":"a"})",
         document},
        {"POST", agents + "BLOB/SaveBlobEntity", "application/xml",
         "<BlobEntity><BlobId>1</BlobId></BlobEntity>", document},
        {"POST", agents + "BLOB/DeleteBlobEntity?BLOBENTITYID=1", "none", "", no_content},
        {"POST", agents + "BLOB/ChangePersonImage", "application/json", R"({"PersonId":2,"BlobId":1})",
         no_content},
        {"POST", agents + "Person/SetPersonImage", "application/json", R"({"PersonId":1,"Image":"!"})",
         bad_body},
        {"GET", entity, "none", "", document},
        {"HEAD", entity, "none", "", document},
        {"PUT", entity, "application/json", person, wrong_method},
    });
}

} // namespace contract_table_test
