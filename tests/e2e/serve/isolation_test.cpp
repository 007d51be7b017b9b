#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/probe.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace isolation_test {

using namespace portrait::testing;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> isolated(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--demo", "--render-isolation", "process"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return server_arguments(std::move(arguments));
}

/// A picture in four colours, by ImageMagick.
std::string picture_of(const TemporaryFolder& folder, const std::string& type) {
    const auto file = folder.path() / ("picture." + type);
    const auto command =
        "convert -size 32x24 xc:red xc:lime +append '(' -size 32x24 xc:blue xc:white +append ')' -append " +
        file.string();
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned rendition(std::uint16_t port, int person, int width) {
    return fetch(port, "GET", image_path(person) + "?w=" + std::to_string(width), as_demo_user()).status;
}

portrait::ImageHeader header_of(const std::string& bytes) {
    const auto header = portrait::probe(std::as_bytes(std::span{bytes}));
    REQUIRE(header.has_value());
    return *header;
}

/// Its files are open until its last thread has ended.
bool is_running(pid_t process) {
    const auto folder = std::filesystem::path{"/proc"} / std::to_string(process);
    std::ifstream status{folder / "stat"};
    std::string id, name, state;
    if (!(status >> id >> name >> state))
        return false;
    std::error_code gone;
    const auto threads = std::distance(std::filesystem::directory_iterator{folder / "task", gone}, {});
    return state != "Z" || threads > 1;
}

/// Whether none of them runs, within a few seconds.
bool have_ended(const std::vector<pid_t>& processes) {
    for (int attempt = 0; attempt < 500; ++attempt) {
        bool running = false;
        for (const auto process : processes)
            running = running || is_running(process);
        if (!running)
            return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

} // namespace

TEST_CASE("uploads of phones and browsers are converted where the operator has switched that on", "[e2e]") {
    const std::string isolation = GENERATE("none", "process");
    INFO("isolation: " << isolation);
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--render-isolation", isolation,
                                                         "--convert-uploads", "webp,HEIC,avif"})}};
    const auto port = server.port();
    int person = 0;
    for (const std::string type : {"webp", "heic", "avif"}) {
        INFO(type);
        const auto saved = put_image(port, ++person, picture_of(folder, type), "image/" + type);
        REQUIRE(saved.status == 200);
        CHECK(saved.field("X-Image-Type") == "image/jpeg");
        CHECK(saved.field("X-Image-Width") == "64");
        CHECK(saved.find("ETag") == nullptr);
        const auto read = get_image(port, person);
        CHECK(read.status == 200);
        CHECK(read.field("Content-Type") == "image/jpeg");
        CHECK(read.field("ETag") == saved.field("X-Image-ETag"));
        const auto header = header_of(read.body);
        CHECK(header.width == 64);
        CHECK(header.height == 48);
        CHECK(rendition(port, person, 16) == 200);
    }
    const auto damaged = put_image(port, 9, picture_of(folder, "webp").substr(0, 40), "image/webp");
    CHECK(damaged.status == 422);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("a format whose conversion is off is refused with the hint that it can be switched on", "[e2e]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--convert-uploads", "webp"})}};
    const auto port = server.port();
    const auto heic = picture_of(folder, "heic");
    const auto by_type = put_image(port, 1, heic, "image/heic");
    CHECK(by_type.status == 415);
    CHECK_THAT(by_type.body,
               Catch::Contains("HEIC if the operator of this service switches its conversion on"));
    CHECK_THAT(by_type.field("Accept"), Catch::Contains("image/webp"));
    CHECK_THAT(by_type.field("Accept"), !Catch::Contains("image/heic"));
    const auto by_bytes = put_image(port, 1, heic, "application/octet-stream");
    CHECK(by_bytes.status == 400);
    CHECK_THAT(by_bytes.body,
               Catch::Contains("a HEIC picture") &&
                   Catch::Contains("HEIC if the operator of this service switches its conversion on"));
    CHECK(put_image(port, 1, picture_of(folder, "webp"), "image/jpeg").status == 200);
}

TEST_CASE("a rendering process that is killed costs no later request its answer", "[e2e]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = isolated({"--cache-bytes", "0"})}};
    const auto port = server.port();
    REQUIRE(put_image(port, 1, text_of(make_png(300, 200)), "image/png").status == 200);
    for (int width = 10; width < 20; ++width) {
        CHECK(rendition(port, 1, width) == 200);
        const auto processes = server.children();
        REQUIRE_FALSE(processes.empty());
        for (const auto process : processes)
            ::kill(process, SIGKILL);
        REQUIRE(have_ended(processes));
    }
    CHECK(rendition(port, 1, 20) == 200);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("a rendering process that ends in its work costs one request a 422, and is replaced", "[e2e]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = isolated({"--render-threads", "1", "--cache-bytes", "0"})}};
    const auto port = server.port();
    REQUIRE(put_image(port, 1, text_of(make_png(900, 900)), "image/png").status == 200);
    REQUIRE(put_image(port, 2, text_of(make_png(30, 20)), "image/png").status == 200);
    CHECK(rendition(port, 2, 10) == 200);
    const auto processes = server.children();
    REQUIRE(processes.size() == 1);
    ::kill(processes.front(), SIGSTOP); // so that it is in its work when it is killed
    unsigned first = 0;
    std::thread other{[&] { first = rendition(port, 1, 800); }};
    bool begun = false;
    for (int attempt = 0; attempt < 1000 && !begun; ++attempt) {
        std::this_thread::sleep_for(10ms);
        begun =
            fetch(port, "GET", "/metrics").body.find("\nportrait_renderings_running 1") != std::string::npos;
    }
    CHECK(begun);
    std::this_thread::sleep_for(200ms); // until the stopped process has its picture
    ::kill(processes.front(), SIGKILL);
    other.join();
    CHECK(first == 422);
    CHECK(rendition(port, 2, 11) == 200);
    CHECK(rendition(port, 1, 12) == 200);
    server.wait_for_err("A rendering process failed, and its picture is not rendered: Signal 9 ended it");
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("signals of a supervisor to all processes leave the renderings in flight alone", "[e2e]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = isolated({"--cache-bytes", "0"})}};
    const auto port = server.port();
    REQUIRE(put_image(port, 1, text_of(make_png(300, 200)), "image/png").status == 200);
    CHECK(rendition(port, 1, 10) == 200);
    const auto processes = server.children();
    REQUIRE_FALSE(processes.empty());
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        for (const auto process : processes)
            ::kill(process, signal);
    CHECK(rendition(port, 1, 11) == 200);
    CHECK(server.children() == processes);
    CHECK(server.terminate().exit_code == 0);
    CHECK(have_ended(processes));
}

TEST_CASE("rendering processes end with the server, however it ends", "[e2e]") {
    const int signal = GENERATE(SIGTERM, SIGINT, SIGKILL);
    INFO("signal " << signal);
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = isolated()}};
    const auto port = server.port();
    REQUIRE(put_image(port, 1, text_of(make_png(300, 200)), "image/png").status == 200);
    CHECK(rendition(port, 1, 10) == 200);
    const auto processes = server.children();
    REQUIRE_FALSE(processes.empty());
    server.send_signal(signal);
    server.wait();
    CHECK(have_ended(processes));
}

TEST_CASE("a rendering process has none of the server's files, sockets and variables", "[e2e]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = isolated(), .environment = {{"SECRET", "12345"}}}};
    const auto port = server.port();
    REQUIRE(put_image(port, 1, text_of(make_png(300, 200)), "image/png").status == 200);
    CHECK(rendition(port, 1, 10) == 200);
    const auto processes = server.children();
    REQUIRE(processes.size() == 1);
    const auto folder_of_process = std::filesystem::path{"/proc"} / std::to_string(processes.front());
    std::vector<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator{folder_of_process / "fd"})
        files.push_back(std::filesystem::read_symlink(file).string());
    CHECK(files.size() == 7);
    for (const auto& file : files)
        CHECK((file == "/dev/null" || file.starts_with("/memfd:") || file.starts_with("socket:") ||
               file.starts_with("pipe:")));
    std::ifstream environment{folder_of_process / "environ"};
    CHECK(std::string{std::istreambuf_iterator<char>{environment}, {}}.empty());
    std::ifstream status{folder_of_process / "status"};
    const std::string text{std::istreambuf_iterator<char>{status}, {}};
    CHECK_THAT(text, Catch::Contains("NoNewPrivs:\t1"));
    CHECK_THAT(text, Catch::Contains("Seccomp:\t2"));
}

TEST_CASE("an operator's mistakes about renderings are refused", "[e2e]") {
    struct Row {
        std::vector<std::string> arguments;
        const char* message;
    };
    const auto [arguments, message] =
        GENERATE(Row{{"--convert-uploads", "webp,bmp"},
                     "'bmp' is not a format that can be converted: webp, heic or avif"},
                 Row{{"--convert-uploads", ""}, "--convert-uploads"},
                 Row{{"--render-isolation", "thread"}, "thread not in {none,process}"});
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments(arguments)}};
    const auto end = server.wait();
    CHECK(end.exit_code == 2);
    CHECK_THAT(end.err, Catch::Contains(message));
}

} // namespace isolation_test
