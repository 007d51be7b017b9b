#include "server_process.hpp"

#include "memory_group.hpp"

#include "support/catch.hpp"
#include "support/places.hpp"
#include "support/secrets.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace portrait::testing {
namespace {

std::uint64_t status_bytes(pid_t process, std::string_view field) {
    std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
    std::string word;
    while (status >> word)
        if (word == field) {
            std::uint64_t kibibytes = 0;
            status >> kibibytes;
            return kibibytes * 1024;
        }
    throw std::runtime_error{"/proc has no memory statistics of process " + std::to_string(process)};
}

// Long, because sanitizers on a busy machine are slow.
constexpr std::chrono::minutes patience{2};

[[noreturn]] void throw_errno(const char* call) {
    throw std::system_error{errno, std::generic_category(), call};
}

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw_errno("pipe2");
    return {ends[0], ends[1]};
}

// An unlinked file: standard input of any size, without a thread that writes it.
int input_file(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "portrait-input-XXXXXX").string();
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0)
        throw_errno("mkostemp");
    ::unlink(name.c_str());
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(file, 0, SEEK_SET) != 0)
        throw_errno("write");
    return file;
}

std::vector<std::string> environment_of(const ServerLaunch& launch) {
    std::vector<std::string> lines;
    // The options of sanitizers.
    for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
        if (const char* value = std::getenv(name); value != nullptr && launch.environment.count(name) == 0)
            lines.push_back(std::string{name} + "=" + value);
    for (const auto& [name, value] : launch.environment)
        lines.push_back(name + "=" + value);
    return lines;
}

/// Registers the secrets in a launch's input, arguments and environment.
void note_secrets_of(const ServerLaunch& launch) {
    std::istringstream input{launch.input};
    for (std::string line; std::getline(input, line);)
        note_secret(line);
    for (std::size_t index = 1; index < launch.arguments.size(); ++index)
        if (launch.arguments[index - 1] == "--app-token")
            note_secret(launch.arguments[index]);
    if (const auto token = launch.environment.find("PORTRAIT_APP_TOKEN"); token != launch.environment.end())
        note_secret(token->second);
}

/// Returns the text of the audit logs in a server's working folder.
std::string audit_logs_in(const std::filesystem::path& folder) {
    std::string text;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored})
        if (entry.is_regular_file() && entry.path().filename().string().starts_with("audit")) {
            std::ifstream file{entry.path(), std::ios::binary};
            text.append(std::istreambuf_iterator<char>{file}, {});
        }
    return text;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

} // namespace

ServerProcess::ServerProcess(const ServerLaunch& launch)
    : folder_{launch.folder} {
    note_secrets_of(launch);
    if (launch.memory_limit != 0)
        memory_group_ = MemoryGroup::make(launch.memory_limit);
    const auto server = built_program("portrait-server").string();
    auto arguments = launch.arguments;
    arguments.insert(arguments.begin(), server);
    auto environment = environment_of(launch);
    const auto argument_pointers = pointers(arguments);
    const auto environment_pointers = pointers(environment);
    const auto folder = launch.folder.string();
    // Nothing more is given up: the program's libraries may lie in a folder that only root may read.
    const bool give_up_override = launch.writes_by_mode && ::geteuid() == 0;
    const int input = input_file(launch.input);
    const Pipe out = make_pipe();
    const Pipe err = make_pipe();

    id_ = ::fork();
    if (id_ < 0)
        throw_errno("fork");
    if (id_ == 0) { // only async-signal-safe calls from here on
        ::setsid(); // so that it has no terminal for questions
        const bool ready = (memory_group_ == nullptr || memory_group_->enter()) &&
                           ::chdir(folder.c_str()) == 0 && ::dup2(input, 0) == 0 &&
                           ::dup2(out.write_end, 1) == 1 && ::dup2(err.write_end, 2) == 2 &&
                           (!give_up_override || ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) == 0);
        if (ready)
            ::execve(server.c_str(), argument_pointers.data(), environment_pointers.data());
        ::_exit(127);
    }
    ::close(input);
    ::close(out.write_end);
    ::close(err.write_end);
    handle_ =
        static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)); // glibc 2.36 declares pidfd_open for C only
    if (handle_ < 0)
        throw_errno("pidfd_open");
    out_.descriptor = out.read_end;
    err_.descriptor = err.read_end;
    out_.reader = std::thread{[this] { read_all(out_); }};
    err_.reader = std::thread{[this] { read_all(err_); }};
}

ServerProcess::~ServerProcess() {
    kill();
    out_.reader.join();
    err_.reader.join();
    // Checked in every test: no log contains a password, a token or a cookie of the test.
    for (const auto& text : {err_.text, audit_logs_in(folder_)})
        for (const auto& secret : secrets_in(text))
            FAIL_CHECK("The log contains the secret " << secret << "\n" << text);
    ::close(out_.descriptor);
    ::close(err_.descriptor);
    ::close(handle_);
}

std::uint16_t ServerProcess::port() {
    constexpr std::string_view before = " listening on http";
    std::unique_lock lock{mutex_};
    const auto banner_line = [&]() -> std::string_view {
        const std::string_view text{out_.text};
        const auto begin = text.find(before);
        if (begin == text.npos)
            return {};
        const auto end = text.find('\n', begin);
        return end == text.npos ? std::string_view{} : text.substr(begin, end - begin);
    };
    output_changed_.wait_for(lock, patience, [&] { return out_.ended || !banner_line().empty(); });
    const auto line = banner_line();
    const auto colon = line.rfind(':');
    std::uint16_t number = 0;
    if (colon != line.npos)
        std::from_chars(line.data() + colon + 1, line.data() + line.size(), number);
    lock.unlock();
    if (number == 0)
        fail("no banner with a port");
    return number;
}

void ServerProcess::send_signal(int number) const {
    if (!reaped_)
        ::kill(id_, number);
}

void ServerProcess::kill() {
    if (reaped_)
        return;
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR)
        ;
    reaped_ = true;
}

ServerEnd ServerProcess::wait() {
    if (!reaped_) {
        pollfd ended{.fd = handle_, .events = POLLIN, .revents = 0};
        constexpr auto timeout = std::chrono::milliseconds{patience};
        int ready = 0;
        while ((ready = ::poll(&ended, 1, static_cast<int>(timeout.count()))) < 0 && errno == EINTR)
            ;
        if (ready == 0)
            fail("it doesn't end");
        while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR)
            ;
        reaped_ = true;
    }
    std::unique_lock lock{mutex_};
    output_changed_.wait_for(lock, patience, [this] { return out_.ended && err_.ended; });
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -1, WIFSIGNALED(status_) ? WTERMSIG(status_) : 0,
            out_.text, err_.text};
}

ServerEnd ServerProcess::terminate() {
    send_signal(SIGTERM);
    return wait();
}

std::string ServerProcess::out() const {
    const std::lock_guard lock{mutex_};
    return out_.text;
}

std::string ServerProcess::err() const {
    const std::lock_guard lock{mutex_};
    return err_.text;
}

void ServerProcess::wait_for_out(std::string_view text) {
    wait_for(out_, text);
}

void ServerProcess::wait_for_err(std::string_view text) {
    wait_for(err_, text);
}

std::uint64_t ServerProcess::resident_bytes() const {
    return status_bytes(id_, "VmRSS:");
}

std::uint64_t ServerProcess::peak_resident_bytes() const {
    return status_bytes(id_, "VmHWM:");
}

std::uint64_t ServerProcess::data_bytes() const {
    return status_bytes(id_, "VmData:");
}

std::vector<pid_t> ServerProcess::children() const {
    std::vector<pid_t> found;
    std::error_code gone; // threads end while they are listed
    const std::filesystem::directory_iterator threads{"/proc/" + std::to_string(id_) + "/task", gone};
    for (const auto& thread : threads) {
        std::ifstream children{thread.path() / "children"};
        for (pid_t child = 0; children >> child;)
            found.push_back(child);
    }
    return found;
}

std::uint64_t ServerProcess::peak_resident_bytes_of_all() const {
    auto sum = peak_resident_bytes();
    for (const auto child : children())
        sum += status_bytes(child, "VmHWM:");
    return sum;
}

void ServerProcess::allow_file_writes(bool allowed) const {
    const rlimit limit{allowed ? RLIM_INFINITY : 0, RLIM_INFINITY};
    if (::prlimit(id_, RLIMIT_FSIZE, &limit, nullptr) != 0)
        throw_errno("prlimit");
}

void ServerProcess::read_all(Stream& stream) {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(stream.descriptor, buffer.data(), buffer.size())) > 0 ||
           (count < 0 && errno == EINTR)) {
        if (count < 0)
            continue;
        const std::lock_guard lock{mutex_};
        stream.text.append(buffer.data(), static_cast<std::size_t>(count));
        output_changed_.notify_all();
    }
    const std::lock_guard lock{mutex_};
    stream.ended = true;
    output_changed_.notify_all();
}

void ServerProcess::wait_for(const Stream& stream, std::string_view text) {
    std::unique_lock lock{mutex_};
    const auto found = [&] { return stream.text.find(text) != std::string::npos; };
    output_changed_.wait_for(lock, patience, [&] { return stream.ended || found(); });
    const bool has_it = found();
    lock.unlock();
    if (!has_it)
        fail("The output doesn't contain '" + std::string{text} + "'");
}

void ServerProcess::fail(const std::string& what) const {
    throw std::runtime_error{"portrait-server: " + what + "\n--- out\n" + out() + "--- err\n" + err()};
}

ServerEnd run_server(const ServerLaunch& launch) {
    return ServerProcess{launch}.wait();
}

std::vector<std::string> server_arguments(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"--listen", "127.0.0.1:0", "--data", "portrait-data"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

} // namespace portrait::testing
