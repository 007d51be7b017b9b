#include "commands_fixture.hpp"
#include "e2e/control_connection.hpp"
#include "e2e/demo_user.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace exchange_test {

using namespace portrait::testing;
using namespace portrait::testing::commands;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

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

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator{file}, {}};
}

/// A JPEG with a text in its EXIF data.
std::string picture_with_metadata(const std::string& text) {
    auto bytes = picture(1);
    const auto data = std::string{"Exif\0\0", 6} + text;
    const auto length = data.size() + 2;
    bytes.insert(2, std::string{"\xff\xe1"} + static_cast<char>(length >> 8) +
                        static_cast<char>(length & 0xff) + data);
    return bytes;
}

/// The lines of a manifest without the first, which is about the export.
std::string picture_lines(const fs::path& manifest) {
    const auto text = text_of(manifest);
    return text.substr(text.find('\n') + 1);
}

/// Exports person 1's picture, `bytes`, and stops the server.
void export_one(const TemporaryFolder& folder, const std::string& bytes) {
    ServerProcess server{serve(folder, "one")};
    REQUIRE(fetch(server.port(), "PUT", image_path(1), demo_user, bytes).status == 200);
    REQUIRE(run(folder, {"export", "pictures", "--data", "one"}).exit_code == 0);
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
    CHECK(std::count(manifest.begin(), manifest.end(), '\n') == 6); // the first is about the export

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
        CHECK_THAT(end.out, Catch::Contains("line 7 of") && Catch::Contains("line 8 of"));
        CHECK_THAT(end.out, Catch::Contains("3 pictures added"));
        CHECK_THAT(end.err, Catch::Contains("5 of 8 pictures were not imported"));
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

TEST_CASE("an import applies the limits and the scrub of the service, with and without a server",
          "[e2e][exchange]") {
    const std::string secret = "GPSSECRET59.91N10.75E";
    const TemporaryFolder folder;
    export_one(folder, picture_with_metadata(secret));
    const bool running = GENERATE(true, false);
    CAPTURE(running);
    const auto import = [&](const std::vector<std::string>& options) {
        auto launch = serve(folder, "two");
        std::vector<std::string> command{"import", "pictures", "--data", "two"};
        launch.arguments.insert(launch.arguments.end(), options.begin(), options.end());
        if (running) {
            ServerProcess server{launch};
            server.port();
            return run(folder, command);
        }
        command.insert(command.end(), options.begin(), options.end());
        return run(folder, command);
    };
    const auto too_large = import({"--max-body", "1KiB"});
    CAPTURE(too_large.out, too_large.err);
    CHECK(too_large.exit_code == 1);
    CHECK_THAT(too_large.out, Catch::Contains("at most 1024 are accepted"));
    const auto scrubbed = import({"--scrub-metadata"});
    CAPTURE(scrubbed.out, scrubbed.err);
    CHECK(scrubbed.exit_code == 0);
    CHECK_THAT(scrubbed.out, Catch::Contains("1 pictures added, 0 were there already"));
    const auto again = import({"--scrub-metadata"});
    CHECK_THAT(again.out, Catch::Contains("0 pictures added, 1 were there already"));
    ServerProcess server{serve(folder, "two")};
    const auto stored = get(server.port(), 1).body;
    CHECK(stored.starts_with("\xff\xd8"));
    CHECK(stored.find(secret) == std::string::npos);
}

TEST_CASE("an import refuses texts, names and times that no ImageInfo can have", "[e2e][exchange]") {
    const TemporaryFolder folder;
    export_one(folder, picture(1));
    const auto manifest = folder / "pictures" / "manifest.jsonl";
    const auto line = json::parse(picture_lines(manifest)).as_object();
    std::vector<json::object> lines(7, line);
    lines[0]["description"] = std::string(3000, 'x');
    lines[1]["extra_info"] = "bell \x07";
    lines[2]["created_at"] = std::numeric_limits<std::int64_t>::max();
    lines[3]["updated_at"] = std::numeric_limits<std::int64_t>::min();
    lines[4]["created_by"].as_object()["name"] = "root\x1b[2J";
    lines[5]["person_name"] = std::string(2000, 'x');
    lines[6]["person_name"] = "Ada\nLovelace";
    std::ofstream file{manifest};
    for (auto& bad : lines) {
        bad["person_id"] = 7; // no picture of it is there
        file << json::serialize(bad) << '\n';
    }
    file.close();
    ServerProcess server{serve(folder, "two")};
    const auto port = server.port();
    const auto end = run(folder, {"import", "pictures", "--data", "two"});
    CAPTURE(end.out, end.err);
    CHECK(end.exit_code == 1);
    CHECK_THAT(end.err, Catch::Contains("7 of 7 pictures were not imported"));
    CHECK(end.out.find('\x1b') == std::string::npos);
    CHECK(get(port, 7).status == 404);
    // Nor for a picture that is there already.
    std::ofstream{manifest} << json::serialize(line) << '\n';
    REQUIRE(run(folder, {"import", "pictures", "--data", "two"}).exit_code == 0);
    lines[0] = line;
    lines[0]["description"] = std::string(3000, 'x');
    lines[0]["updated_at"] = 0;
    std::ofstream{manifest} << json::serialize(lines[0]) << '\n';
    CHECK(run(folder, {"import", "pictures", "--data", "two"}).exit_code == 1);
    CHECK(info(port, 1).at("Description") == "");
}

TEST_CASE("an import of a hostile folder costs the server no memory and follows no link", "[e2e][exchange]") {
    const TemporaryFolder folder;
    export_one(folder, picture(1));
    const auto pictures = folder / "pictures";
    ServerProcess server{serve(folder, "two")};
    const auto port = server.port();
    REQUIRE(put(port, 2, 2) == 200);
    const auto before = server.peak_resident_bytes();
    SECTION("a manifest of one line, as long as a disk") {
        constexpr std::uintmax_t bytes = 512UL << 20; // sparse
        fs::resize_file(pictures / "manifest.jsonl", 0);
        fs::resize_file(pictures / "manifest.jsonl", bytes);
        const auto end = run(folder, {"import", "pictures", "--data", "two"});
        CAPTURE(end.out, end.err);
        CHECK(end.exit_code == 1);
        CHECK_THAT(end.err, Catch::Contains("at most 65536 bytes"));
    }
    SECTION("a picture that is a link") {
        fs::rename(pictures / "1.jpg", folder / "elsewhere");
        fs::create_symlink(folder / "elsewhere", pictures / "1.jpg");
        CHECK(run(folder, {"import", "pictures", "--data", "two"}).exit_code == 1);
        CHECK(get(port, 1).status == 404);
    }
    SECTION("pipes") {
        fs::remove(pictures / "1.jpg");
        REQUIRE(::mkfifo((pictures / "1.jpg").c_str(), 0600) == 0);
        CHECK(run(folder, {"import", "pictures", "--data", "two"}).exit_code == 1);
        fs::remove(pictures / "manifest.jsonl");
        REQUIRE(::mkfifo((pictures / "manifest.jsonl").c_str(), 0600) == 0);
        CHECK(run(folder, {"import", "pictures", "--data", "two"}).exit_code == 2);
    }
    CHECK(server.peak_resident_bytes() < before + (64UL << 20));
    CHECK(get(port, 2).status == 200);
}

TEST_CASE("a picture that a client of the control socket never sends is given up", "[e2e][exchange][drain]") {
    const TemporaryFolder folder;
    export_one(folder, picture(1));
    ServerProcess server{serve(folder, "two")};
    server.port();
    const ControlConnection connection{folder / "two"};
    connection.send("picture\t0\tepoch\t0\t0\n" + picture_lines(folder / "pictures" / "manifest.jsonl"));
    CHECK(connection.read_line() == "send\n");
    connection.send("bytes\nhalf");
    CHECK(server.terminate().exit_code == 0); // and isn't waited for
}

TEST_CASE("an erased person comes back neither by a restoration nor by an older export",
          "[e2e][exchange][erasure]") {
    const TemporaryFolder folder;
    const bool beside_a_server = GENERATE(true, false);
    {
        ServerProcess server{serve(folder, "one")};
        for (int person = 1; person <= 3; ++person)
            REQUIRE(put(server.port(), person, static_cast<std::uint32_t>(person)) == 200);
        REQUIRE(run(folder, {"backup", "copy", "--data", "one"}).exit_code == 0);
        REQUIRE(run(folder, {"export", "out", "--data", "one"}).exit_code == 0);
        if (!beside_a_server)
            REQUIRE(server.terminate().exit_code == 0);
        const auto erased = run(folder, {"persons", "erase", "2", "--name", "--data", "one"});
        REQUIRE(erased.exit_code == 0);
        const auto receipt = json::parse(erased.out).as_object();
        CHECK(receipt.at("person_id") == 2);
        CHECK(receipt.at("erased_blob_ids") == json::array{2});
        CHECK(receipt.at("name") == "forgotten");
        CHECK(receipt.at("proven") == true);
        CHECK_FALSE(receipt.contains("digest"));
        const auto verified = run(folder, {"persons", "verify-erased", "2", "--data", "one"});
        CHECK(verified.exit_code == 0);
        CHECK(verified.out.find("nothing in rows, segments, log and cache; no name") != std::string::npos);
        CHECK(run(folder, {"persons", "verify-erased", "1", "--data", "one"}).exit_code == 1);
        if (beside_a_server) {
            CHECK(get(server.port(), 2).status == 404);
            CHECK(get(server.port(), 1).body == picture(1));
        }
        const auto imported = run(folder, {"import", "out", "--data", "one"});
        CHECK(imported.exit_code == 1);
        CHECK(imported.out.find("person 2 (2.jpg): The person was erased after the picture was exported") !=
              std::string::npos);
        CHECK(imported.out.find("0 pictures added, 2 were there already") != std::string::npos);
    }
    const auto restored = run(folder, {"restore", "copy", "--data", "two", "--erased-in", "one"});
    REQUIRE(restored.exit_code == 0);
    CHECK(restored.out.find("1 persons that were erased after the backup are not restored") !=
          std::string::npos);
    CHECK(run(folder, {"persons", "verify-erased", "2", "--data", "two"}).exit_code == 0);
    CHECK(run(folder, {"import", "out", "--data", "two"}).out.find("person 2 (2.jpg)") != std::string::npos);
    const auto unrestrained = run(folder, {"restore", "copy", "--data", "three"});
    CHECK(unrestrained.out.find("warning: persons that were erased after the backup are back") !=
          std::string::npos);
    // The person may be added again, and a picture with it.
    REQUIRE(run(folder, {"persons", "add", "2", "Again", "--data", "two"}).exit_code == 0);
    ServerProcess server{serve(folder, "two")};
    CHECK(get(server.port(), 2).status == 404);
    CHECK(get(server.port(), 3).body == picture(3));
    CHECK(put(server.port(), 2, 22) == 200);
}

TEST_CASE("the audit log names the user who imports, and the imported author and times beside",
          "[e2e][exchange][audit]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{serve(folder, "one")};
        REQUIRE(put(server.port(), 1, 1) == 200);
        REQUIRE(run(folder, {"export", "out", "--data", "one"}).exit_code == 0);
    }
    auto launch = serve(folder, "two");
    launch.arguments.insert(launch.arguments.end(), {"--audit-log", "audit.jsonl"});
    ServerProcess server{launch};
    REQUIRE(server.port() != 0);
    REQUIRE(run(folder, {"import", "out", "--data", "two"}).exit_code == 0);
    const auto text = text_of(folder / "audit.jsonl");
    const auto line = json::parse(text.substr(0, text.find('\n'))).as_object();
    CHECK(line.at("state") == "prepared");
    CHECK(line.at("user") != "tje0");
    CHECK(line.at("associate_id") == 0);
    CHECK(line.at("imported").at("created_by").at("user") == "tje0");
    CHECK(line.at("imported").at("created_at").as_string() < line.at("time").as_string());
}

} // namespace exchange_test
