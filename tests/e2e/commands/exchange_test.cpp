#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace exchange_test {

using namespace portrait::testing;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(3000 + seed, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

RawResponse get(std::uint16_t port, int person, const char* more = "") {
    return fetch(port, "GET", image_path(person) + more, demo_user);
}

unsigned put(std::uint16_t port, int person, std::uint32_t seed) {
    return fetch(port, "PUT", image_path(person), demo_user, picture(seed)).status;
}

/// Returns the ImageInfo without the values that an import creates.
json::object info(std::uint16_t port, int person) {
    auto object = json::parse(get(port, person, "Info").body).as_object();
    object.erase("BlobId");
    return object;
}

ServerEnd run(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_server({.folder = folder.path(), .arguments = std::move(arguments)});
}

ServerLaunch serve(const TemporaryFolder& folder, const char* data) {
    return {.folder = folder.path(),
            .arguments = {"--listen", "127.0.0.1:0", "--data", data, "--demo", "--log-level", "warning"}};
}

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator{file}, {}};
}

} // namespace

TEST_CASE("an export is one file per person and a manifest, and its import has equal pictures",
          "[e2e][exchange]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder, "one")};
    const auto port = server.port();
    for (int person = 1; person <= 5; ++person)
        REQUIRE(put(port, person, static_cast<std::uint32_t>(person)) == 200);
    REQUIRE(put(port, 2, 22) == 200); // its updated fields are later than its created ones

    auto end = run(folder, {"export", "pictures", "--data", "one"});
    CAPTURE(end.out, end.err);
    REQUIRE(end.exit_code == 0);
    CHECK_THAT(end.out, Catch::Contains("5 pictures, 5 of them written now"));
    CHECK(text_of(folder / "pictures" / "1.jpg") == picture(1));
    CHECK(text_of(folder / "pictures" / "2.jpg") == picture(22));
    CHECK(mode_of(folder / "pictures" / "2.jpg") == 0600);
    const auto manifest = text_of(folder / "pictures" / "manifest.jsonl");
    CHECK(std::count(manifest.begin(), manifest.end(), '\n') == 5);

    SECTION("into a new folder, and once more") {
        end = run(folder, {"import", "pictures", "--data", "two"});
        CAPTURE(end.out, end.err);
        REQUIRE(end.exit_code == 0);
        CHECK_THAT(end.out, Catch::Contains("5 pictures added, 0 were there already"));
        ServerProcess second{serve(folder, "two")};
        for (int person = 1; person <= 5; ++person) {
            CHECK(get(second.port(), person).body == get(port, person).body);
            CHECK(info(second.port(), person) == info(port, person));
        }
        end = run(folder, {"import", "pictures", "--data", "two"}); // now through the server
        CHECK(end.exit_code == 0);
        CHECK_THAT(end.out, Catch::Contains("0 pictures added, 5 were there already"));
    }
    SECTION("into a running server's folder, which keeps its own pictures") {
        ServerProcess second{serve(folder, "two")};
        REQUIRE(put(second.port(), 4, 44) == 200);
        CHECK(get(second.port(), 4).status == 200);
        CHECK(get(second.port(), 1).status == 404);
        end = run(folder, {"import", "pictures", "--data", "two"});
        CHECK(end.exit_code == 1);
        CHECK_THAT(end.out, Catch::Contains("person 4 (4.jpg): The person has another picture"));
        CHECK_THAT(end.out, Catch::Contains("4 pictures added"));
        CHECK(get(second.port(), 1).body == picture(1));
        CHECK(get(second.port(), 4).body == picture(44));
    }
    SECTION("again: changed pictures are written, files of removed ones deleted") {
        REQUIRE(put(port, 1, 11) == 200);
        REQUIRE(fetch(port, "DELETE", image_path(3), demo_user).status == 204);
        std::ofstream{folder / "pictures" / "manifest.jsonl.partial"} << "{\"cut"; // as after an interruption
        end = run(folder, {"export", "pictures", "--data", "one"});
        CHECK(end.exit_code == 0);
        CHECK_THAT(end.out, Catch::Contains("4 pictures, 1 of them written now"));
        CHECK(text_of(folder / "pictures" / "1.jpg") == picture(11));
        CHECK_FALSE(fs::exists(folder / "pictures" / "3.jpg"));
        const auto files = std::distance(fs::directory_iterator{folder / "pictures"}, {});
        CHECK(files == 5); // four pictures and the manifest
    }
    SECTION("a changed file or line is reported and skipped") {
        damage_byte(folder / "pictures" / "5.jpg", 1000);
        fs::remove(folder / "pictures" / "3.jpg");
        std::ofstream{folder / "pictures" / "manifest.jsonl", std::ios::app}
            << "{\"person_id\":1}\nnonsense\n"
            << "{\"person_id\":9,\"file\":\"../two/portrait.db\"}\n";
        end = run(folder, {"import", "pictures", "--data", "two"});
        CAPTURE(end.out, end.err);
        CHECK(end.exit_code == 1);
        CHECK_THAT(end.out, Catch::Contains("person 5 (5.jpg): The digest of the file differs"));
        CHECK_THAT(end.out, Catch::Contains("person 3 (3.jpg): "));
        CHECK_THAT(end.out, Catch::Contains("line 6 of") && Catch::Contains("line 7 of"));
        CHECK_THAT(end.out, Catch::Contains("3 pictures added"));
        CHECK_THAT(end.err, Catch::Contains("5 of 8 lines were not imported"));
    }
    SECTION("a folder with other files is refused") {
        fs::create_directory(folder / "other");
        std::ofstream{folder / "other" / "file"} << "somebody's";
        CHECK(run(folder, {"export", "other", "--data", "one"}).exit_code == 2);
        CHECK(run(folder, {"import", "other", "--data", "one"}).exit_code == 2);
        CHECK(text_of(folder / "other" / "file") == "somebody's");
    }
}

TEST_CASE("an export follows no planted link and writes into no folder that others can change",
          "[e2e][exchange]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder, "one")};
    REQUIRE(put(server.port(), 1, 1) == 200);
    const auto victim = folder / "victim";
    const auto target = folder / "pictures";
    const auto refused = [&] {
        const auto end = run(folder, {"export", "pictures", "--data", "one"});
        CAPTURE(end.out, end.err);
        CHECK(end.exit_code != 0);
        CHECK(text_of(victim) == "precious");
    };
    for (const auto* const name :
         {"manifest.jsonl", "manifest.jsonl.partial", "manifest.jsonl.earlier", "1.jpg", "1.jpg.partial"})
        for (const bool symbolic : {true, false}) {
            CAPTURE(name, symbolic);
            fs::remove_all(target);
            fs::create_directory(target);
            std::ofstream{victim} << "precious";
            std::ofstream{target / "manifest.jsonl"} << "";
            fs::remove(target / name);
            symbolic ? fs::create_symlink(victim, target / name)
                     : fs::create_hard_link(victim, target / name);
            refused();
        }
    fs::remove_all(target);
    fs::create_directory(target);
    fs::permissions(target, fs::perms{0777});
    refused();
    CHECK(fs::is_empty(target));
    fs::create_directory_symlink(target, folder / "link");
    fs::permissions(target, fs::perms{0755});
    CHECK(run(folder, {"export", "link", "--data", "one"}).exit_code != 0);
    CHECK(run(folder, {"export", "pictures", "--data", "one"}).exit_code == 0);
}

} // namespace exchange_test
