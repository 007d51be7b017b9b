#include "watched_file.hpp"

#include "support/catch.hpp"
#include "support/every_descriptor.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace watched_file_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::EveryDescriptor;
using portrait::testing::ManualSteadyClock;
using portrait::testing::TemporaryFolder;

namespace {

/// A file, its watcher, and the applied texts and reported faults.
struct Watched {
    void write(const std::string& text) const { std::ofstream{path} << text; }

    result<void> apply(std::string_view text, const FileStamp& stamp) {
        ++calls;
        if (throws)
            throw std::runtime_error{*throws};
        if (refuses)
            return Error{errc::internal, *refuses};
        applied = stamp.mode == 0 ? std::nullopt : std::optional{std::string{text}};
        return {};
    }

    TemporaryFolder folder;
    std::filesystem::path path = folder / "file";
    std::shared_ptr<ManualSteadyClock> clock = std::make_shared<ManualSteadyClock>();
    std::optional<std::string> refuses; ///< the message of the error that applying gives
    std::optional<std::string> throws;
    std::optional<std::string> applied;
    int calls = 0;
    std::vector<std::string> reported;
    WatchedFile file{path, "test file",
                     [this](std::string_view text, const FileStamp& stamp) { return apply(text, stamp); },
                     [this](const Error& error) { reported.push_back(error.message()); }, clock};
};

/// Changes a file's bytes and not its stamp: the system doesn't note a second change of a page that waits to
/// be written back.
class Mapping {
public:
    explicit Mapping(const std::filesystem::path& path) {
        const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        REQUIRE(descriptor >= 0);
        void* const mapped = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        ::close(descriptor);
        REQUIRE(mapped != MAP_FAILED);
        first_ = static_cast<char*>(mapped);
    }
    ~Mapping() { ::munmap(first_, 1); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    void set_first(char letter) { *static_cast<volatile char*>(first_) = letter; }

private:
    char* first_ = nullptr;
};

std::uint64_t blocked_signals(const std::filesystem::path& task) {
    std::ifstream status{task / "status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigBlk:"))
            return std::stoull(line.substr(line.find('\t') + 1), nullptr, 16);
    return 0;
}

} // namespace

TEST_CASE("an unchanged file is applied once", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    for (int checks = 0; checks < 5; ++checks) {
        watched.file.check();
        watched.clock->advance(1s);
    }
    CHECK(watched.applied == "one");
    CHECK(watched.calls == 1);
    watched.write("other");
    watched.file.check();
    CHECK(watched.applied == "other");
    std::filesystem::remove(watched.path);
    watched.file.check();
    watched.file.check();
    CHECK_FALSE(watched.applied);
    CHECK(watched.calls == 3);
    CHECK(watched.reported.empty());
}

TEST_CASE("a change that keeps the stamp is detected while the file is new", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    Mapping mapping{watched.path};
    mapping.set_first('O');
    watched.file.check();
    REQUIRE(watched.applied == "One");
    watched.clock->advance(WatchedFile::settling_time - 1ns);
    watched.file.check();
    const auto before = stat_file(watched.path.c_str()).stamp;
    mapping.set_first('X');
    if (stat_file(watched.path.c_str()).stamp != before)
        WARN("this file system has noted the change");
    watched.file.check();
    CHECK(watched.applied == "Xne");
    CHECK(watched.calls == 2);
}

TEST_CASE("refresh reads and applies an unchanged file", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    Mapping mapping{watched.path};
    mapping.set_first('O');
    watched.file.check();
    watched.clock->advance(WatchedFile::settling_time);
    watched.file.check();
    REQUIRE(watched.calls == 1);
    mapping.set_first('X');
    watched.file.refresh();
    CHECK(watched.applied == "Xne");
    watched.file.refresh();
    CHECK(watched.calls == 3);
}

TEST_CASE("a failed application is retried at every check", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    watched.file.check();
    watched.write("other");
    watched.refuses = "Not now";
    for (int checks = 0; checks < 5; ++checks) {
        watched.file.check();
        watched.clock->advance(5s);
    }
    CHECK(watched.calls == 6);
    CHECK(watched.applied == "one");
    watched.refuses.reset();
    watched.file.check();
    CHECK(watched.applied == "other");
}

TEST_CASE("an exception during the application is reported as a fault", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    watched.throws = "no memory";
    watched.file.check();
    watched.file.check();
    CHECK(watched.reported == std::vector<std::string>{"The test file can't be read"});
    CHECK_FALSE(watched.file.read().has_value());
    watched.throws.reset();
    watched.file.check();
    CHECK(watched.applied == "one");
}

TEST_CASE("a path to something else is refused without waiting and retried", "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    watched.file.check();
    std::filesystem::rename(watched.path, watched.folder / "aside");
    const bool fifo = GENERATE(false, true);
    if (fifo)
        REQUIRE(::mkfifo(watched.path.c_str(), 0600) == 0);
    else
        std::filesystem::create_directory(watched.path);
    watched.file.check();
    watched.file.check();
    CHECK(watched.reported ==
          std::vector<std::string>{"The test file is not a regular file that can be read"});
    CHECK(watched.applied == "one");
    std::filesystem::remove(watched.path);
    std::filesystem::rename(watched.folder / "aside", watched.path);
    watched.file.check();
    CHECK(watched.applied == "one");
    CHECK(watched.reported.size() == 1);
}

TEST_CASE("a fault is reported when it begins, when its text changes, and once a minute",
          "[http][watched_file]") {
    Watched watched;
    watched.write("one");
    const auto reported_by_check = [&] {
        watched.reported.clear();
        watched.file.check();
        return watched.reported;
    };
    using Reports = std::vector<std::string>;
    watched.refuses = "First";
    CHECK(reported_by_check() == Reports{"First"});
    CHECK(reported_by_check() == Reports{});
    watched.clock->advance(WatchedFile::fault_period - 1ns);
    CHECK(reported_by_check() == Reports{});
    watched.clock->advance(1ns);
    CHECK(reported_by_check() == Reports{"First"});
    CHECK(reported_by_check() == Reports{});
    watched.refuses = "Second";
    CHECK(reported_by_check() == Reports{"Second"});
    watched.file.refresh();
    CHECK(reported_by_check() == Reports{});
    watched.refuses.reset();
    CHECK(reported_by_check() == Reports{});
    watched.refuses = "Second";
    watched.write("other");
    CHECK(reported_by_check() == Reports{"Second"});
}

TEST_CASE("a longer file is read to one byte more than the limit", "[http][watched_file]") {
    Watched watched;
    watched.write(std::string(max_account_file_bytes + 1000, 'x'));
    watched.file.check();
    REQUIRE(watched.applied);
    CHECK(watched.applied->size() == max_account_file_bytes + 1);
}

TEST_CASE("a thread with its own descriptors has none of the process's and blocks signals",
          "[http][watched_file]") {
    std::promise<std::filesystem::path> started;
    std::promise<void> finished;
    std::thread caller{[&] {
        run_with_own_descriptors([&] {
            started.set_value("/proc/self/task/" + std::to_string(::gettid()));
            finished.get_future().wait();
        });
    }};
    const auto task = started.get_future().get();
    const int own = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(own > 2);
    for (const auto& entry : std::filesystem::directory_iterator{task / "fd"})
        CHECK(std::stoi(entry.path().filename().string()) <= 2);
    ::close(own);
    for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGPIPE})
        CHECK((blocked_signals(task) >> static_cast<unsigned>(signal - 1) & 1U) == 1);
    finished.set_value();
    caller.join();
}

} // namespace watched_file_test
