#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace upkeep_test {

using namespace portrait::testing;

namespace {

namespace fs = std::filesystem;

std::string picture(std::uint32_t seed, std::size_t size = 3000) {
    const auto bytes = make_jpeg_of_size(size, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ServerLaunch launch(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return {.folder = folder.path(), .arguments = std::move(arguments)};
}

ServerEnd run(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_server(launch(folder, std::move(arguments)));
}

ServerLaunch serve(const TemporaryFolder& folder, const char* data = "portrait-data") {
    return launch(folder, {"--listen", "127.0.0.1:0", "--data", data, "--demo", "--log-level", "warning"});
}

/// While it lives, the process, started by root, has another user.
class OtherUser {
public:
    OtherUser() { REQUIRE(::seteuid(65534) == 0); }
    OtherUser(const OtherUser&) = delete;
    OtherUser& operator=(const OtherUser&) = delete;
    ~OtherUser() { CHECK(::seteuid(0) == 0); }
};

/// A connection to the control socket that sends any text.
class ControlConnection {
public:
    explicit ControlConnection(const fs::path& folder)
        : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = (folder / "control.sock").string();
        REQUIRE(path.size() < sizeof address.sun_path);
        std::copy(path.begin(), path.end(), address.sun_path);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
    }
    ControlConnection(const ControlConnection&) = delete;
    ControlConnection& operator=(const ControlConnection&) = delete;
    ~ControlConnection() { ::close(socket_); }

    void send(std::string_view text) const { (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }

    std::string read_until_close() const {
        std::string all;
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::recv(socket_, buffer.data(), buffer.size(), 0)) > 0)
            all.append(buffer.data(), static_cast<std::size_t>(count));
        return all;
    }

private:
    int socket_;
};

} // namespace

TEST_CASE("a backup during writes is a snapshot that a second server can serve", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    const auto port = server.port();
    // One writer in rounds: at any time the first persons have round n, the others n - 1.
    constexpr int persons = 10;
    const auto seed = [](std::uint32_t round, int person) {
        return round * 1000 + static_cast<std::uint32_t>(person);
    };
    std::atomic<bool> writing{true};
    std::atomic<std::uint32_t> round{0};
    std::atomic<int> bad{0};
    std::thread writer{[&] {
        for (; writing; ++round)
            for (int person = 1; person <= persons; ++person)
                bad += put_image(port, person, picture(seed(round, person))).status == 200 ? 0 : 1;
    }};
    while (round < 2)
        std::this_thread::yield();
    for (int times = 0; times < 3; ++times) { // into the same folder: the later ones are incremental
        const auto before = round.load();
        const auto end = run(folder, {"backup", "backup", "--data", "portrait-data"});
        CAPTURE(end.out, end.err, times);
        REQUIRE(end.exit_code == 0);
        CHECK_THAT(end.out, Catch::Contains("10 pictures"));
        const auto restored = "restored-" + std::to_string(times);
        REQUIRE(run(folder, {"restore", "backup", "--data", restored}).exit_code == 0);
        ServerProcess second{serve(folder, restored.c_str())};
        const auto other = second.port();
        const auto round_of = [&](int person) {
            const auto body = get_image(other, person).body;
            for (auto guess = before == 0 ? 0 : before - 1; guess <= round; ++guess)
                if (body == picture(seed(guess, person)))
                    return std::int64_t{guess};
            return std::int64_t{-1};
        };
        const auto first = round_of(1);
        CHECK(first >= 0);
        auto last = first;
        for (int person = 2; person <= persons; ++person) {
            const auto its = round_of(person);
            CHECK((its == last || (its == first - 1 && last == first)));
            last = its;
        }
        CHECK(second.terminate().exit_code == 0);
        CHECK(run(folder, {"check", "--data", restored}).exit_code == 0);
    }
    writing = false;
    writer.join();
    CHECK(bad == 0);
    CHECK(server.terminate().exit_code == 0);
    // The backup itself can be served, too.
    ServerProcess third{serve(folder, "backup")};
    CHECK(get_image(third.port(), 1).status == 200);
}

TEST_CASE("a damaged picture is answered 500 and logged, and check reports it", "[e2e][upkeep][fault]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{serve(folder)};
        const auto port = server.port();
        for (int person = 1; person <= 3; ++person)
            REQUIRE(put_image(port, person, picture(static_cast<std::uint32_t>(person))).status == 200);
        CHECK(server.terminate().exit_code == 0);
    }
    damage_byte(folder / "portrait-data" / "pictures" / "00000001.seg", 4096 + 700); // in the second picture
    const auto named = Catch::Matches("(.|\\n)*blob 2 of person 2: [^\\n]*00000001[.]seg at 4096(.|\\n)*");
    const auto alone = run(folder, {"check"});
    CHECK(alone.exit_code == 1);
    CHECK_THAT(alone.out, named);
    CHECK_THAT(alone.err, Catch::Contains("The check found 1 fault\n"));

    ServerProcess server{serve(folder)};
    const auto port = server.port();
    CHECK(get_image(port, 1).status == 200);
    const auto broken = get_image(port, 2);
    CHECK(broken.status == 500);
    CHECK_THAT(broken.body, !Catch::Contains(".seg"));
    CHECK(get_image(port, 3).status == 200);
    server.wait_for_err("00000001.seg at 4096");
    const auto served = run(folder, {"check"});
    CHECK(served.exit_code == 1);
    CHECK_THAT(served.out, named);
    const auto copied = run(folder, {"backup", "backup"});
    CHECK(copied.exit_code == 1);
    CHECK_THAT(copied.out, named);
    // A new picture replaces the damaged one.
    CHECK(put_image(port, 2, picture(22)).status == 200);
    CHECK(get_image(port, 2).body == picture(22));
    CHECK(run(folder, {"check"}).exit_code == 0);
    CHECK(run(folder, {"backup", "backup"}).exit_code == 0);
    CHECK(run(folder, {"check", "--data", "backup"}).exit_code == 0);
}

TEST_CASE("restore and backup overwrite nothing", "[e2e][upkeep]") {
    const TemporaryFolder folder;
    ServerProcess server{serve(folder)};
    REQUIRE(put_image(server.port(), 1, picture(1)).status == 200);
    REQUIRE(run(folder, {"backup", "backup"}).exit_code == 0);
    const auto onto_live = run(folder, {"restore", "backup"});
    CHECK(onto_live.exit_code == 2);
    const auto onto_itself = run(folder, {"backup", "portrait-data"});
    CHECK(onto_itself.exit_code == 1);
    CHECK(get_image(server.port(), 1).body == picture(1));
    CHECK(server.terminate().exit_code == 0);
    const auto onto_closed = run(folder, {"restore", "backup"});
    CHECK(onto_closed.exit_code == 2);
    CHECK_THAT(onto_closed.err, Catch::Contains("nothing is overwritten"));
    CHECK(run(folder, {"restore", "nowhere", "--data", "new"}).exit_code == 2);
    const auto nothing = run(folder, {"check", "--data", "nowhere"});
    CHECK(nothing.exit_code == 2);
    CHECK_THAT(nothing.err, Catch::Contains("holds no portrait database"));
    CHECK_FALSE(fs::exists(folder / "nowhere"));
}

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

} // namespace upkeep_test
