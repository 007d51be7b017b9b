#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/accounts/known_callers.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include <sys/stat.h>

namespace known_callers_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::TemporaryFolder;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

mode_t mode_of(const std::filesystem::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

bool knows(MemorySignInCounter& counter, const std::string& network, const std::string& name) {
    bool known = false;
    counter.begin({.network = network, .name = name},
                  [&](const result<SignInLeave>& leave) { known = leave->known; });
    counter.withdraw({.network = network, .name = name});
    return known;
}

std::shared_ptr<MemorySignInCounter> make_counter() {
    return std::make_shared<MemorySignInCounter>(SignInLimits{});
}

} // namespace

TEST_CASE("a key file is made once, for its owner alone", "[http][known_callers]") {
    const TemporaryFolder folder;
    const auto file = folder / "sign-in.key";
    const auto first = open_key_file(file);
    REQUIRE(first.has_value());
    CHECK(mode_of(file) == 0600);
    const auto text = text_of(file);
    CHECK(text.size() == 65);
    CHECK(open_key_file(file).value() == *first);
    CHECK(text_of(file) == text);
    CHECK(open_key_file(folder / "other.key").value() != *first);
    CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 2);
}

TEST_CASE("processes that make a key file at the same time get the same key", "[http][known_callers]") {
    const TemporaryFolder folder;
    std::vector<SecretDigest> keys(8);
    {
        std::vector<std::jthread> threads;
        for (auto& key : keys)
            threads.emplace_back([&] { key = open_key_file(folder / "sign-in.key").value(); });
    }
    CHECK(std::count(keys.begin(), keys.end(), keys.front()) == 8);
}

TEST_CASE("a key file that is no secret or no key is refused", "[http][known_callers][hostile]") {
    const TemporaryFolder folder;
    const auto file = folder / "sign-in.key";
    REQUIRE(open_key_file(file).has_value());
    REQUIRE(::chmod(file.c_str(), 0604) == 0);
    CHECK(open_key_file(file).error().code() == errc::file_invalid);
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    for (const std::string text : {"x", "\n", "0123456789abcdef\n"}) {
        std::ofstream{file} << text;
        CHECK(open_key_file(file).error().code() == errc::file_invalid);
        CHECK(text_of(file) == text);
    }
    std::ofstream{file} << ""; // its maker has crashed
    CHECK(open_key_file(file).has_value());
    CHECK(open_key_file(folder / "nowhere/sign-in.key").error().code() == errc::store_io);
}

TEST_CASE("known callers survive a restart", "[http][known_callers]") {
    const TemporaryFolder folder;
    const auto file = folder / "known-callers";
    const auto key = sha256("a key");
    {
        const auto counter = make_counter();
        const auto kept = KnownCallersFile::open(file, key, counter).value();
        CHECK_FALSE(knows(*counter, "192.0.2.1", "anna"));
        counter->succeeded({.network = "192.0.2.1", .name = "anna"});
        counter->succeeded({.network = "192.0.2.2", .name = "bert"});
    }
    CHECK(mode_of(file) == 0600);
    CHECK(text_of(file).size() == 130);
    CHECK(text_of(file).find("anna") == std::string::npos);
    {
        const auto counter = make_counter();
        const auto kept = KnownCallersFile::open(file, key, counter).value();
        CHECK(knows(*counter, "192.0.2.1", "anna"));
        CHECK(knows(*counter, "192.0.2.2", "bert"));
        CHECK_FALSE(knows(*counter, "192.0.2.1", "bert"));
        counter->succeeded({.network = "192.0.2.3", .name = "anna"});
    }
    const auto counter = make_counter();
    const auto kept = KnownCallersFile::open(file, key, counter).value();
    CHECK(counter->known().size() == 3);
    const auto other = make_counter();
    const auto other_file = KnownCallersFile::open(file, sha256("another key"), other).value();
    CHECK_FALSE(knows(*other, "192.0.2.1", "anna"));
}

TEST_CASE("known callers are written while the server runs", "[http][known_callers]") {
    const TemporaryFolder folder;
    const auto file = folder / "known-callers";
    const auto counter = make_counter();
    const auto kept = KnownCallersFile::open(file, sha256("a key"), counter, {.interval = 1ms}).value();
    counter->succeeded({.network = "192.0.2.1", .name = "anna"});
    const auto deadline = std::chrono::steady_clock::now() + 2min;
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    CHECK(std::filesystem::exists(file));
}

TEST_CASE("a damaged file of known callers is read up to the damage, and replaced",
          "[http][known_callers][hostile]") {
    const TemporaryFolder folder;
    const auto file = folder / "known-callers";
    const auto good = hexadecimal(sha256("x"));
    for (const auto& [text, count] : {std::pair{std::string{}, 0U},
                                      {"x", 0U},
                                      {good, 0U},
                                      {good + "\n", 1U},
                                      {good + "\n" + good.substr(1), 1U},
                                      {good + "\nx\n" + good + "\n", 1U},
                                      {std::string(100'000, '\0'), 0U}}) {
        std::ofstream{file, std::ios::binary} << text;
        const auto counter = make_counter();
        const auto kept = KnownCallersFile::open(file, sha256("a key"), counter).value();
        CHECK(counter->known().size() == count);
    }
    const auto counter = make_counter();
    KnownCallersFile::open(file, sha256("a key"), counter).value(); // nothing new, so nothing is written
    CHECK(text_of(file).size() == 100'000);
    {
        const auto kept = KnownCallersFile::open(file, sha256("a key"), counter).value();
        counter->succeeded({.network = "192.0.2.1", .name = "anna"});
    }
    CHECK(text_of(file).size() == 65);
}

TEST_CASE("a file of known callers that can't be written is reported", "[http][known_callers]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "lost");
    const auto counter = make_counter();
    int faults = 0;
    {
        const auto kept = KnownCallersFile::open(folder / "lost/known-callers", sha256("a key"), counter,
                                                 {.on_fault = [&](const Error&) { ++faults; }})
                              .value();
        counter->succeeded({.network = "192.0.2.1", .name = "anna"});
        std::filesystem::remove(folder / "lost");
    }
    CHECK(faults == 1);
}

} // namespace known_callers_test
