#include "support/catch.hpp"
#include "text_file.hpp"
#include "users_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>

namespace save_user_test {

using namespace portrait;
using namespace portrait::http;
namespace fs = std::filesystem;

namespace {

const std::string hash = "$2y$05$PoSgajjgxXRKPD5I1fN65.Bu1jHy2ataqndXHLF2epS8VMjVDY1NK";
const std::string other_hash = "$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni";

/// A folder of its own for each test, with the path of a users file in it.
class Folder {
public:
    Folder() {
        auto pattern = (fs::temp_directory_path() / "portrait-users-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path users() const { return path_ / "users"; }
    const fs::path& path() const { return path_; }
    void write(const std::string& text) const { std::ofstream{users(), std::ios::binary} << text; }
    std::string read() const { return read_text_file(users(), "users file").value(); }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{path_}, fs::directory_iterator{}));
    }

private:
    fs::path path_;
};

UserEntry entry(std::string name, std::string password_hash = hash) {
    UserEntry user;
    user.name = std::move(name);
    user.password_hash = std::move(password_hash);
    return user;
}

fs::perms mode_of(const fs::path& path) {
    return fs::status(path).permissions();
}

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

} // namespace

TEST_CASE("saving the first user creates a file that only its owner can read", "[http][save_user]") {
    const Folder folder;
    const auto saved = save_user(folder.users(), entry("tje0"));
    REQUIRE(saved.has_value());
    CHECK(saved->added);
    CHECK(saved->associate_id == 1);
    CHECK(folder.read() == "tje0:" + hash + ":1::0:read,write\n");
    CHECK(mode_of(folder.users()) == owner_only);
    CHECK(folder.entries() == 1);
}

TEST_CASE("a new user gets the associate id after the largest", "[http][save_user]") {
    const Folder folder;
    folder.write("a:" + hash + ":41\nb:" + hash + ":7");
    auto user = entry("c");
    user.full_name = "Tora Elde";
    user.person_id = 9;
    user.may_write = false;
    const auto saved = save_user(folder.users(), user);
    REQUIRE(saved.has_value());
    CHECK(saved->associate_id == 42);
    CHECK(folder.read() == "a:" + hash + ":41\nb:" + hash + ":7\nc:" + hash + ":42:Tora Elde:9:read\n");
}

TEST_CASE("a new password changes nothing else in the file", "[http][save_user]") {
    const Folder folder;
    folder.write("# ours\r\na:" + hash + "\r\n\r\ntje0:" + hash + ":12:Tora Elde:9:read\r\nz:" + hash);
    const auto saved = save_user(folder.users(), entry("tje0", other_hash));
    REQUIRE(saved.has_value());
    CHECK_FALSE(saved->added);
    CHECK(saved->associate_id == 12);
    CHECK(folder.read() ==
          "# ours\r\na:" + hash + "\r\n\r\ntje0:" + other_hash + ":12:Tora Elde:9:read\nz:" + hash);
}

TEST_CASE("the given values are changed", "[http][save_user]") {
    const Folder folder;
    folder.write("tje0:" + hash + ":12:Tora Elde:9:read\n");
    auto user = entry("tje0");
    user.associate_id = 0;
    user.full_name = "";
    user.person_id = 10;
    user.may_write = true;
    REQUIRE(save_user(folder.users(), user).has_value());
    CHECK(folder.read() == "tje0:" + hash + ":0::10:read,write\n");
}

TEST_CASE("saved users can authenticate", "[http][save_user]") {
    const Folder folder;
    REQUIRE(save_user(folder.users(), entry("tje0")).has_value());
    REQUIRE(save_user(folder.users(), entry("bl\xC3\xA5 b\xC3\xA6r", other_hash)).has_value());
    const auto authenticator = FileAuthenticator::open(folder.users());
    REQUIRE(authenticator.has_value());
    CHECK((*authenticator)->user_count() == 2);
}

TEST_CASE("the mode of an existing file is kept", "[http][save_user]") {
    const Folder folder;
    folder.write("");
    REQUIRE(::chmod(folder.users().c_str(), 0640) == 0);
    REQUIRE(save_user(folder.users(), entry("tje0")).has_value());
    CHECK(mode_of(folder.users()) == (owner_only | fs::perms::group_read));
}

TEST_CASE("a symbolic link to the users file stays one", "[http][save_user]") {
    const Folder folder;
    folder.write("");
    const auto link = folder.path() / "link";
    fs::create_symlink("users", link);
    REQUIRE(save_user(link, entry("tje0")).has_value());
    CHECK(fs::is_symlink(link));
    CHECK(folder.read() == "tje0:" + hash + ":1::0:read,write\n");
}

TEST_CASE("an invalid entry is refused and changes nothing", "[http][save_user]") {
    const Folder folder;
    const auto before = "a:" + hash + ":2147483647\n";
    folder.write(before);
    const auto with = [](auto change) {
        auto user = entry("b");
        user.associate_id = 5;
        change(user);
        return user;
    };
    const std::vector<UserEntry> wrong{
        with([](UserEntry& user) { user.name.clear(); }),
        with([](UserEntry& user) { user.name = "  "; }),
        with([](UserEntry& user) { user.name = "a:b"; }),
        with([](UserEntry& user) { user.name = "#b"; }),
        with([](UserEntry& user) { user.name = "b\nroot:x"; }),
        with([](UserEntry& user) { user.name = "\xFF"; }),
        with([](UserEntry& user) { user.name = std::string(256, 'b'); }),
        with([](UserEntry& user) { user.full_name = "a:b"; }),
        with([](UserEntry& user) { user.full_name = "a\nb"; }),
        with([](UserEntry& user) { user.password_hash = "plain"; }),
        with([](UserEntry& user) { user.password_hash = hash + "\n"; }),
        with([](UserEntry& user) { user.password_hash.clear(); }),
        with([](UserEntry& user) { user.password_hash.replace(4, 2, "18"); }), // costs too much
        with([](UserEntry& user) { user.associate_id = -1; }),
        with([](UserEntry& user) { user.person_id = -1; }),
        with([](UserEntry& user) { user.associate_id.reset(); }), // none is left
    };
    for (std::size_t index = 0; index < wrong.size(); ++index) {
        CAPTURE(index);
        const auto saved = save_user(folder.users(), wrong[index]);
        REQUIRE_FALSE(saved.has_value());
        CHECK(saved.error() == failure::bad_input);
        CHECK(folder.read() == before);
    }
    CHECK(folder.entries() == 1);
}

TEST_CASE("an invalid users file is not changed", "[http][save_user]") {
    const Folder folder;
    folder.write("a:plain\n");
    CHECK_FALSE(save_user(folder.users(), entry("b")).has_value());
    CHECK(folder.read() == "a:plain\n");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a users file in a folder that doesn't exist can't be written", "[http][save_user]") {
    const Folder folder;
    const auto saved = save_user(folder.path() / "none" / "users", entry("a"));
    REQUIRE_FALSE(saved.has_value());
    CHECK(saved.error().message().find(folder.path().string()) == std::string::npos);
    CHECK(saved.error().cause().find("none/users") != std::string::npos);
}

TEST_CASE("users saved concurrently are all in the file with different ids", "[http][save_user]") {
    const Folder folder;
    constexpr int writers = 4;
    constexpr int each = 10;
    std::vector<int> failures(writers);
    {
        std::vector<std::jthread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back([&, writer] {
                for (int index = 0; index < each; ++index)
                    if (!save_user(folder.users(), entry("u" + std::to_string(writer * each + index))))
                        ++failures[static_cast<std::size_t>(writer)];
            });
    }
    CHECK(failures == std::vector<int>(writers));
    const auto users = parse_users(folder.read());
    REQUIRE(users.has_value());
    REQUIRE(users->size() == writers * each);
    for (std::size_t index = 0; index < users->size(); ++index)
        CHECK(users->at(index).principal.actor.associate_id == static_cast<int>(index) + 1);
    CHECK(folder.entries() == 1);
}

} // namespace save_user_test
