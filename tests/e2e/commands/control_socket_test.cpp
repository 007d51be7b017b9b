#include "commands_fixture.hpp"
#include "e2e/control_connection.hpp"
#include "e2e/demo_user.hpp"

#include "support/catch.hpp"
#include "support/raw_http.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace control_socket_test {

using namespace portrait::testing;
using namespace portrait::testing::commands;

namespace {

namespace fs = std::filesystem;

/// While it lives, the process, started by root, has another user.
class OtherUser {
public:
    OtherUser() { REQUIRE(::seteuid(65534) == 0); }
    OtherUser(const OtherUser&) = delete;
    OtherUser& operator=(const OtherUser&) = delete;
    ~OtherUser() { CHECK(::seteuid(0) == 0); }
};

/// Whether a connection that was open before gets 200 to its first request.
bool serves(RawConnection& connection) {
    try {
        connection.send(request_text("GET", "/readyz"));
        return connection.read_response().status == 200;
    } catch (const std::exception&) {
        return false;
    }
}

} // namespace

TEST_CASE("only the owner may use the control socket; its end removes the socket, and a start after a kill "
          "replaces it",
          "[e2e][upkeep]") {
    const TemporaryFolder folder;
    const auto socket = folder / "portrait-data" / "control.sock";
    {
        ServerProcess server{serve(folder)};
        server.port();
        CHECK(mode_of(socket) == 0600);
        server.kill();
        CHECK(fs::exists(socket));
        CHECK(run(folder, {"check"}).exit_code == 0); // without a server: the command opens the folder
    }
    ServerProcess server{serve(folder)};
    server.port();
    CHECK(run(folder, {"check"}).exit_code == 0);
    CHECK(server.terminate().exit_code == 0);
    CHECK_FALSE(fs::exists(socket));
}

TEST_CASE("the control socket answers an invalid command with one line, and closes silent connections",
          "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    server.port();
    const auto data = folder / "portrait-data";
    for (const std::string line : {"\n", "nonsense\n", "backup\n", "backup\trelative\n", "check\tmore\n",
                                   "\x01\x02\n", "\tbackup\n", "backup\t/a\t/b\n"}) {
        CAPTURE(line);
        const ControlConnection connection{data};
        connection.send(line);
        CHECK_THAT(connection.read_until_close(), Catch::StartsWith("end\t2\t"));
    }
    {
        const ControlConnection connection{data};
        connection.send(std::string(100'000, 'x')); // without the end of the line
        CHECK(connection.read_until_close().empty());
    }
    {
        const std::array silent{
            std::make_unique<ControlConnection>(data), std::make_unique<ControlConnection>(data),
            std::make_unique<ControlConnection>(data), std::make_unique<ControlConnection>(data)};
        const ControlConnection fifth{data};
        CHECK_THAT(fifth.read_until_close(), Catch::Contains("busy"));
        CHECK(silent[0]->read_until_close().empty()); // closed after some seconds
    }
    const ControlConnection waiting{data}; // a silent client doesn't delay the server's end
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("the control socket serves its own user only", "[e2e][upkeep]") {
    if (::geteuid() != 0)
        return; // only root can change the user
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    server.port();
    const auto data = folder / "portrait-data";
    // Where the modes let others in, the server still checks the peer's user.
    fs::permissions(folder.path(), fs::perms{0755});
    fs::permissions(data, fs::perms{0755});
    fs::permissions(data / "control.sock", fs::perms{0777});
    const auto connection = [&] {
        const OtherUser user;
        return ControlConnection{data};
    }();
    connection.send("check\n");
    CHECK_THAT(connection.read_until_close(), Catch::Matches("end\t2\t.*own user.*\n"));
}

TEST_CASE("a client of the control socket that is stopped holds up neither SIGTERM nor others",
          "[e2e][upkeep][drain]") {
    const TemporaryFolder folder;
    constexpr int pictures = 400; // more lines about them than a socket's buffer holds
    {
        ServerProcess server{serve(folder)};
        for (int person = 1; person <= pictures; ++person)
            REQUIRE(
                put_image(server.port(), person, picture(static_cast<std::uint32_t>(person), 700)).status ==
                200);
        REQUIRE(server.terminate().exit_code == 0);
    }
    fs::resize_file(folder / "portrait-data" / "pictures" / "00000001.seg", 4096);
    ServerProcess server{serve(folder)};
    const auto port = server.port();
    const ControlConnection unread{folder / "portrait-data"};
    unread.send("check\n");
    // Until the server can send no more.
    for (int before = -1, now = 0; now == 0 || now != before; now = unread.unread_bytes()) {
        before = now;
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
    }
    const ControlConnection silent{folder / "portrait-data"};
    const ControlConnection half{folder / "portrait-data"};
    half.send("chec");

    const auto body = picture(7, 200'000);
    RawConnection upload{port};
    auto fields = as_demo_user({{"Content-Type", "image/jpeg"}});
    fields.emplace_back("Expect", "100-continue");
    const auto request = request_text("PUT", image_path(7), fields, body);
    upload.send(request.substr(0, request.size() - body.size()));
    REQUIRE(upload.read_response().status == 100);
    CHECK(fetch(port, "GET", "/readyz").status == 200);
    RawConnection kept{port};
    server.send_signal(SIGTERM);
    server.wait_for_err("draining");
    // The drain has begun: an open connection gets the answer of a server that goes away, or is closed.
    CHECK_FALSE(serves(kept));
    upload.send(body);
    CHECK(upload.read_response().status == 200);
    CHECK(server.wait().exit_code == 0); // 1 after the limit of closing
}

TEST_CASE("a command that comes byte by byte is cut off", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    server.port();
    const ControlConnection slow{folder / "portrait-data"};
    constexpr int limit = 5; // seconds for a command
    bool open = true;
    for (int seconds = 0; seconds < 5 * limit && open; ++seconds) {
        open = slow.try_send("x");
        std::this_thread::sleep_for(std::chrono::seconds{1});
    }
    CHECK_FALSE(open);
}

} // namespace control_socket_test
