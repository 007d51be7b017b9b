#include "commands_fixture.hpp"
#include "e2e/demo_user.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace import_order_test {

using namespace portrait::testing;
using namespace portrait::testing::commands;

namespace {

namespace json = boost::json;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

} // namespace

TEST_CASE("an import of many pictures reports faults in the order of its manifest and keeps shared pictures",
          "[e2e][exchange]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{serve(folder, "one")};
        REQUIRE(fetch(server.port(), "PUT", image_path(1), demo_user, picture(1)).status == 200);
        REQUIRE(run(folder, {"export", "pictures", "--data", "one"}).exit_code == 0);
    }
    const auto manifest = folder / "pictures" / "manifest.jsonl";
    std::string text;
    std::getline(std::ifstream{manifest}.ignore(std::numeric_limits<std::streamsize>::max(), '\n'), text);
    const auto line = json::parse(text).as_object();
    std::ofstream file{manifest};
    const auto add_line = [&](int person, int blob, const char* name = "1.jpg") {
        auto changed = line;
        changed["person_id"] = person;
        changed["blob_id"] = blob;
        changed["file"] = name;
        file << json::serialize(changed) << '\n';
    };
    constexpr int persons = 300;
    for (int person = 1; person <= persons; ++person) {
        const bool is_missing = person == 50 || person == 250;
        const bool shares = person == 150; // with the person before
        add_line(person, shares ? 149 : person, is_missing ? "missing.jpg" : "1.jpg");
        if (person == 200)
            add_line(person, person);
        if (person == 220)
            file << "nonsense\n";
    }
    file.close();

    std::optional<ServerProcess> server;
    SECTION("into a folder") {}
    SECTION("into the folder of a running server") {
        server.emplace(serve(folder, "two"));
        REQUIRE(server->port() != 0); // it has the folder open
    }
    const auto end = run(folder, {"import", "pictures", "--data", "two"});
    CAPTURE(end.out, end.err);
    CHECK(end.exit_code == 1);
    const auto first = end.out.find("person 50 (missing.jpg): ");
    const auto second = end.out.find("line 222 of ");
    const auto third = end.out.find("person 250 (missing.jpg): ");
    CHECK(first < second);
    CHECK(second < third);
    CHECK(third != std::string::npos);
    CHECK_THAT(end.out, Catch::Contains("298 pictures added, 1 were there already"));
    CHECK_THAT(end.err, Catch::Contains("3 of 302 pictures were not imported"));
    CHECK_THAT(run(folder, {"check", "--data", "two"}).out, Catch::Contains("297 pictures, "));
    if (!server)
        server.emplace(serve(folder, "two"));
    const auto blob_of = [&](int person) {
        return json::parse(fetch(server->port(), "GET", image_path(person) + "Info", demo_user).body)
            .as_object()
            .at("BlobId");
    };
    CHECK(blob_of(149) == blob_of(150));
    CHECK(blob_of(150) != blob_of(151));
    CHECK(fetch(server->port(), "GET", image_path(persons), demo_user).body == picture(1));
}

} // namespace import_order_test
