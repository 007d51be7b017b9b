#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/session_fields.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fstream>
#include <string>

namespace persons_test {

using namespace portrait::testing;

namespace json = boost::json;

namespace {

json::object get(std::uint16_t port, const std::string& target, const std::string& authorization) {
    const auto response = fetch(port, "GET", target, {{"Authorization", authorization}});
    CAPTURE(target, response.body);
    REQUIRE(response.status == 200);
    return json::parse(response.body).as_object();
}

unsigned put(std::uint16_t port, int person, const std::string& authorization) {
    const auto bytes = make_png(3, 2);
    return fetch(port, "PUT", image_path(person),
                 {{"Authorization", authorization}, {"Content-Type", "image/png"}},
                 {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
        .status;
}

} // namespace

TEST_CASE("users and tokens that are tied to a person lead to the person's picture", "[e2e][persons]") {
    const TemporaryFolder folder;
    {
        std::ofstream list{folder / "persons.csv"};
        list << "7,Åse van der Berg\n8,Bård Ødegård\n";
    }
    const auto run = [&](std::vector<std::string> arguments, const std::string& input = "") {
        arguments.insert(arguments.end(), {"--data", "portrait-data"});
        const auto end = run_server({.folder = folder.path(), .arguments = arguments, .input = input});
        CAPTURE(end.err);
        REQUIRE(end.exit_code == 0);
        return end.out;
    };
    run({"persons", "import", "persons.csv"});
    run({"users", "add", "ase", "--person", "7"}, "a password\n");
    auto token = run({"tokens", "add", "ase"}); // of the user of this name
    token.pop_back();
    auto other = run({"tokens", "add", "program", "--person", "8"});
    other.pop_back();

    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments({})}};
    const auto port = server.port();
    const auto basic = basic_authorization("ase", "a password");
    REQUIRE(put(port, 7, basic) == 200);
    const auto principal = get(port, "/api/v1/User/currentPrincipal", basic);
    CHECK(principal.at("IsPerson") == true);
    const auto person = "/api/v1/Person/" + json::serialize(principal.at("PersonId"));
    CHECK(get(port, person, basic).at("FullName") == "Åse van der Berg");
    CHECK(fetch(port, "GET", person + "/Image", {{"Authorization", basic}}).status == 200);
    CHECK(get(port, "/api/v1/User/currentPrincipal", "Bearer " + token).at("PersonId") == 7);
    CHECK(get(port, "/api/v1/User/currentPrincipal", "Bearer " + other).at("PersonId") == 8);
    CHECK(get(port, "/api/v1/portrait/persons?search=%C3%98DE", basic).at("Items").as_array().size() == 1);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("a client app signs in, reads the caller and shows its picture, below a base path",
          "[e2e][persons]") {
    const TemporaryFolder folder;
    {
        std::ofstream list{folder / "persons.csv"};
        list << "7,Åse van der Berg\n";
    }
    const auto run = [&](std::vector<std::string> arguments, const std::string& input = "") {
        arguments.insert(arguments.end(), {"--data", "portrait-data"});
        REQUIRE(run_server({.folder = folder.path(), .arguments = arguments, .input = input}).exit_code == 0);
    };
    run({"persons", "import", "persons.csv"});
    run({"users", "add", "ase", "--person", "7"}, "a password\n");
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--base-path", "/Cust12345"})}};
    const auto port = server.port();
    const auto state = json::parse(fetch(port, "GET", "/api/state/Cust12345", {{"Host", "a.example"}}).body);
    REQUIRE(state.at("Endpoint") == "http://a.example/Cust12345");
    const auto session =
        session_fields(fetch(port, "POST", "/Cust12345/session",
                             {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "text/html"}},
                             "user=ase&password=a+password"));
    const auto principal =
        json::parse(fetch(port, "GET", "/Cust12345/api/v1/User/currentPrincipal", session).body);
    REQUIRE(principal.at("PersonId") == 7);
    const auto path = "/Cust12345/api/v1/Person/" + json::serialize(principal.at("PersonId")) + "/Image";
    const auto shown = [&] { return fetch(port, "GET", path + "?type=PNG&ifBlank=ClearPixel", session); };
#ifdef PORTRAIT_TEST_RENDERS
    CHECK(shown().status == 200);
    CHECK(shown().reason == "An image");
    CHECK(shown().field("Content-Type") == "image/png");
#endif
    auto fields = session;
    fields.emplace_back("Content-Type", "image/png");
    const auto bytes = make_png(3, 2);
    const std::string picture{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    CHECK(fetch(port, "PUT", path, fields, picture).status == 200);
    CHECK(shown().body == picture);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("where any person is allowed, the list has the ones with a picture", "[e2e][persons]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--allow-any-person"})}};
    const auto port = server.port();
    const auto basic = as_demo_user().front().second;
    CHECK(get(port, "/api/v1/User/currentPrincipal", basic).at("PersonId") == 1); // the demo user's
    for (const int person : {2'000'000, 5})
        REQUIRE(put(port, person, basic) == 200);
    const auto first = get(port, "/api/v1/portrait/persons?limit=1", basic);
    CHECK(first.at("Items").at(0).at("PersonId") == 5);
    const std::string next{first.at("Next").as_string()};
    const auto second = get(port, "/api/v1/portrait/persons?limit=2&hasImage=true&after=" + next, basic);
    REQUIRE(second.at("Items").as_array().size() == 1);
    CHECK(second.at("Items").at(0).at("PersonId") == 2'000'000);
    CHECK(second.at("Next").is_null());
    CHECK(server.terminate().exit_code == 0);
}

} // namespace persons_test
