#include "power_cuts.hpp"
#include "replayed_disk.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace replayed_disk_test {

using namespace portrait::testing;
namespace fs = std::filesystem;

namespace {

/// The files after a power cut, such as "a=text b=".
using States = std::set<std::string>;

std::string state_of(const fs::path& folder) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        const auto name = entry.path().lexically_relative(folder).string();
        std::ifstream stream{entry.path(), std::ios::binary};
        files.insert(entry.is_directory() ? name + "/"
                                          : name + "=" + std::string{std::istreambuf_iterator{stream}, {}});
    }
    std::string state;
    for (const auto& file : files)
        state += (state.empty() ? "" : " ") + file;
    return state;
}

/// All states that a power cut may leave after calls in a folder.
template<class Work>
States states_after(const Work& work) {
    const TemporaryFolder folder;
    DiskLog log{folder.path()};
    work(folder.path());
    ReplayedDisk disk;
    for (const auto& call : log.take())
        disk.apply(call);
    States states;
    std::mt19937 random{3};
    for (int round = 0; round < 20; ++round)
        for (const auto& names : disk.name_states(100)) {
            const TemporaryFolder left;
            disk.leave(left.path(), names, random);
            states.insert(state_of(left.path()));
        }
    return states;
}

void sync(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::fsync(descriptor) == 0);
    ::close(descriptor);
}

void write(const fs::path& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
}

} // namespace

TEST_CASE("a power cut leaves synced bytes and names, and any part of the others", "[power]") {
    CHECK(states_after([](const fs::path& folder) { write(folder / "a", "text"); }) ==
          States{"", "a=", "a=text"});
    CHECK(states_after([](const fs::path& folder) {
              write(folder / "a", "text");
              sync(folder / "a");
          }) == States{"", "a=text"});
    CHECK(states_after([](const fs::path& folder) {
              write(folder / "a", "text");
              sync(folder);
          }) == States{"a=", "a=text"});
    CHECK(states_after([](const fs::path& folder) {
              write(folder / "a", "one");
              write(folder / "b", "two");
              sync(folder / "a");
              sync(folder / "b");
              sync(folder);
              fs::remove(folder / "a");
              fs::remove(folder / "b");
          }) == States{"a=one b=two", "a=one", "b=two", ""});
    CHECK(states_after([](const fs::path& folder) {
              write(folder / "a", "text");
              const int descriptor = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
              REQUIRE(::syncfs(descriptor) == 0);
              ::close(descriptor);
          }) == States{"a=text"});
}

TEST_CASE("after a power cut a renamed file has either of its names, and replaces the other file at once",
          "[power]") {
    const auto replace = [](const fs::path& folder) {
        write(folder / "a", "old");
        sync(folder / "a");
        sync(folder);
        write(folder / "b", "new");
        sync(folder / "b");
        fs::rename(folder / "b", folder / "a");
    };
    CHECK(states_after(replace) == States{"a=old", "a=old b=new", "a=new", "a=new b=new"});
    CHECK(states_after([&](const fs::path& folder) {
              replace(folder);
              sync(folder);
          }) == States{"a=new"});
    // A new file can't have the name before the old one is gone.
    CHECK(states_after([](const fs::path& folder) {
              write(folder / "a", "old");
              sync(folder / "a");
              sync(folder);
              fs::rename(folder / "a", folder / "b");
              write(folder / "a", "new");
              sync(folder / "a");
          }) == States{"a=old", "a=old b=old", "b=old", "a=new b=old"});
}

TEST_CASE("after a power cut a folder's name is lost with all that it holds unless its parent is synced",
          "[power]") {
    const auto make = [](const fs::path& folder) {
        fs::create_directory(folder / "f");
        write(folder / "f" / "a", "text");
        sync(folder / "f" / "a");
        sync(folder / "f");
    };
    CHECK(states_after(make) == States{"", "f/ f/a=text"});
    CHECK(states_after([&](const fs::path& folder) {
              make(folder);
              sync(folder);
          }) == States{"f/ f/a=text"});
}

} // namespace replayed_disk_test
