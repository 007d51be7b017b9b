#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/places.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <thread>

namespace round_trip_test {

using namespace portrait::testing;

namespace json = boost::json;

namespace {

const RawFields demo_user = as_demo_user();

std::string media_type_of(const std::string& name) {
    static const std::map<std::string, std::string> types{
        {"jpeg", "image/jpeg"}, {"png", "image/png"}, {"gif", "image/gif"}, {"tiff", "image/tiff"}};
    return types.at(name.substr(0, name.find('-')));
}

/// The pictures of make_pictures.sh that the default limits accept, by name.
std::map<std::string, std::string> real_pictures(const std::filesystem::path& folder) {
    const auto command =
        "'" + source_path("tests/support/make_pictures.sh").string() + "' '" + folder.string() + "'";
    REQUIRE(std::system(command.c_str()) == 0); // needs ImageMagick
    std::map<std::string, std::string> pictures;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (!entry.is_regular_file() || entry.file_size() > 10 * 1024 * 1024)
            continue;
        std::ifstream file{entry.path(), std::ios::binary};
        pictures.emplace(entry.path().filename().string(),
                         std::string{std::istreambuf_iterator<char>{file}, {}});
    }
    return pictures;
}

std::unique_ptr<ServerProcess> start(const TemporaryFolder& folder) {
    return std::make_unique<ServerProcess>(
        ServerLaunch{.folder = folder.path(), .arguments = server_arguments()});
}

RawResponse put(std::uint16_t port, int person, const std::string& type, const std::string& bytes) {
    auto fields = demo_user;
    fields.emplace_back("Content-Type", type);
    return fetch(port, "PUT", image_path(person), fields, bytes);
}

json::object info_of(std::uint16_t port, int person) {
    const auto response = fetch(port, "GET", image_path(person) + "Info", demo_user);
    REQUIRE(response.status == 200);
    return json::parse(response.body).as_object();
}

} // namespace

TEST_CASE("every kind of picture survives a kill -9 right after its answer", "[e2e][crash]") {
    const TemporaryFolder work;
    const TemporaryFolder data;
    const auto pictures = real_pictures(work.path());
    REQUIRE(pictures.size() > 30);

    std::map<std::string, json::value> ids;
    int person = 0;
    for (const auto& [name, bytes] : pictures) {
        CAPTURE(name);
        auto server = start(data);
        const auto response = put(server->port(), ++person, media_type_of(name), bytes);
        server->kill();
        CHECK(response.status == 200);
        CHECK(response.reason == "The image blob id");
        CHECK(response.field("Content-Type") == "application/json; charset=utf-8");
        ids[name] = json::parse(response.body);
        CHECK(ids[name].is_int64());
    }

    auto server = start(data);
    person = 0;
    for (const auto& [name, bytes] : pictures) {
        CAPTURE(name);
        const auto response = fetch(server->port(), "GET", image_path(++person), demo_user);
        CHECK(response.status == 200);
        CHECK(response.body == bytes);
        CHECK(response.field("Content-Type") == media_type_of(name));
        const auto info = info_of(server->port(), person);
        CHECK(info.at("BlobId") == ids[name]);
        CHECK(info.at("BlobSize") == bytes.size());
        CHECK(info.at("OriginalSize") == bytes.size());
        CHECK(info.at("MimeType") == json::value(media_type_of(name)));
        CHECK(info.at("ConceptualType") == "PERSONPHOTO");
        CHECK(std::string_view{info.at("CreatedDate").as_string()}.ends_with('Z'));
        CHECK(info.at("CreatedDate") == info.at("UpdatedDate"));
        CHECK(info.at("CreatedBy").at("Name") == "tje0");
    }
    CHECK(server->terminate().exit_code == 0);
}

TEST_CASE("the sample request of the reference gets the sample answer", "[e2e]") {
    const TemporaryFolder data;
    auto server = start(data);
    const auto port = server->port();
    const auto picture = make_jpeg();
    const std::string body{reinterpret_cast<const char*>(picture.data()), picture.size()};
    RawConnection connection{port};
    connection.send("PUT /api/v1/Person/123/Image HTTP/1.1\r\n"
                    "Authorization: Basic dGplMDpUamUw\r\n"
                    "Accept: application/json; charset=utf-8\r\n"
                    "Accept-Language: fr\r\n"
                    "Host: 127.0.0.1\r\n"
                    "Content-Type: image/jpeg\r\n"
                    "Content-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto response = connection.read_response();
    CHECK(response.version == "HTTP/1.1");
    CHECK(response.status == 200);
    CHECK(response.reason == "The image blob id");
    CHECK(response.field("Content-Type") == "application/json; charset=utf-8");
    CHECK(json::parse(response.body).is_int64());
}

TEST_CASE("the second PUT keeps the id and updates ImageInfo, also across a restart", "[e2e]") {
    const TemporaryFolder data;
    auto server = start(data);
    const auto jpeg = make_jpeg();
    const auto tiff = make_tiff(20, 10);
    const auto text = [](const auto& bytes) {
        return std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    };
    const auto first = put(server->port(), 7, "image/jpeg", text(jpeg));
    REQUIRE(first.status == 200);
    const auto before = info_of(server->port(), 7);
    server->kill();

    server = start(data);
    const auto second = put(server->port(), 7, "application/octet-stream", text(tiff));
    CHECK(second.status == 200);
    CHECK(second.body == first.body);
    CHECK(second.field("ETag") != first.field("ETag"));
    CHECK(second.field("X-Image-Width") == "20");
    const auto after = info_of(server->port(), 7);
    CHECK(after.at("BlobId") == before.at("BlobId"));
    CHECK(after.at("Description") == before.at("Description"));
    CHECK(after.at("CreatedDate") == before.at("CreatedDate"));
    CHECK(after.at("MimeType") == "image/tiff");
    CHECK(after.at("BlobSize") == tiff.size());

    // Another person's picture has another blob id, and the id of a deleted one is not reused.
    CHECK(put(server->port(), 8, "image/jpeg", text(jpeg)).body != first.body);
    CHECK(fetch(server->port(), "DELETE", image_path(7), demo_user).status == 204);
    CHECK(fetch(server->port(), "GET", image_path(7), demo_user).status == 404);
    server->kill();
    server = start(data);
    CHECK(fetch(server->port(), "GET", image_path(7), demo_user).status == 404);
    CHECK(put(server->port(), 7, "image/jpeg", text(jpeg)).body != first.body);
}

TEST_CASE("a picture that was replaced within a second is noticed by date", "[e2e]") {
    const TemporaryFolder data;
    auto server = start(data);
    const auto port = server->port();
    const auto text = [](const auto& bytes) {
        return std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    };
    std::string date;
    for (bool in_one_second = false; !in_one_second;) { // nearly always at once
        date = fetch(port, "GET", "/healthz").field("Date");
        REQUIRE(put(port, 7, "image/png", text(make_png(3, 2))).status == 200);
        const auto second = put(port, 7, "image/png", text(make_png(4, 4)));
        REQUIRE(second.status == 200);
        in_one_second = second.field("Date") == date;
    }
    const auto get = [&](RawFields fields) {
        fields.insert(fields.end(), demo_user.begin(), demo_user.end());
        return fetch(port, "GET", image_path(7), fields);
    };
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{25};
    while (get({}).find("Last-Modified") == nullptr && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    REQUIRE(get({}).find("Last-Modified") != nullptr);
    CHECK(get({{"If-Modified-Since", date}}).body == text(make_png(4, 4)));
    CHECK(get({{"Range", "bytes=0-9"}, {"If-Range", date}}).status == 200);
    RawFields write{{"Content-Type", "image/png"}, {"If-Unmodified-Since", date}};
    write.insert(write.end(), demo_user.begin(), demo_user.end());
    CHECK(fetch(port, "PUT", image_path(7), write, text(make_png(5, 5))).status == 412);
    CHECK(get({}).body == text(make_png(4, 4)));
}

} // namespace round_trip_test
