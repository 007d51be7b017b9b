#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

/// The real portrait-server, as an operator starts it.
namespace portrait::testing {

/// How to start it. Nothing of the test's own environment is passed on but PATH, so that a machine's
/// PORTRAIT_… settings change no test.
struct ServerLaunch {
    std::filesystem::path folder; ///< the working folder
    std::vector<std::string> arguments{};
    std::map<std::string, std::string> environment{};
    std::string input{};            ///< all of its standard input
    std::optional<unsigned> user{}; ///< it gives up being root and becomes this user
    /// Bytes after which the kernel kills it, as of a unit's MemoryMax, where the machine lets a test do
    /// that; 0: none. See `ServerProcess::has_memory_limit`.
    std::uint64_t memory_limit = 0;
};

/// How a process ended, and all that it said.
struct ServerEnd {
    int exit_code = -1; ///< -1 when a signal ended it
    int signal = 0;     ///< 0 when it ended by itself
    std::string out;
    std::string err;
};

class MemoryGroup;

/// One process. What it prints is taken at once, so it never waits for the test. Ends with this object at the
/// latest (kill -9), when a log that holds a secret which a test has sent or was given fails that test; an
/// audit log in its folder, whose name begins so, is one, too.
/// Members throw `std::runtime_error` with the output so far when something takes longer than two minutes. To
/// be used by one thread.
class ServerProcess {
public:
    explicit ServerProcess(const ServerLaunch& launch);
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess();

    /// Waits for the banner and returns the port that it names. Throws when the process ended instead.
    std::uint16_t port();

    pid_t id() const noexcept { return id_; }
    /// SIGTERM, SIGINT, …; nothing happens when it has ended already.
    void send_signal(int number) const;
    /// kill -9, and waits until it is gone.
    void kill();
    /// Waits until it has ended by itself or by an earlier signal.
    ServerEnd wait();
    /// SIGTERM, then `wait`.
    ServerEnd terminate();

    /// What it has printed so far.
    std::string out() const;
    std::string err() const;
    /// Waits until the text is in what it prints.
    void wait_for_out(std::string_view text);
    void wait_for_err(std::string_view text);

    /// Resident memory in bytes, now and at its largest.
    std::uint64_t resident_bytes() const;
    std::uint64_t peak_resident_bytes() const;
    /// What it has reserved for data and stacks of threads, touched or not: what RLIMIT_DATA counts.
    std::uint64_t data_bytes() const;

    /// Whether the limit of memory that was asked for is in force.
    bool has_memory_limit() const noexcept { return memory_group_ != nullptr; }
    /// Whether its files take any bytes from now on: with a limit of 0 (RLIMIT_FSIZE) each write fails, as on
    /// a disk that is full.
    void let_files_be_written(bool may) const;

private:
    struct Stream {
        int descriptor = -1;
        std::string text;
        bool ended = false;
        std::thread reader;
    };

    void read_all(Stream& stream);
    void wait_for(const Stream& stream, std::string_view text);
    std::uint64_t status_bytes(std::string_view field) const;
    [[noreturn]] void fail(const std::string& what) const; // called without the lock

    const std::filesystem::path folder_;
    std::unique_ptr<MemoryGroup> memory_group_; ///< outlives the process
    pid_t id_ = -1;
    int handle_ = -1; // a pidfd: readable once the process has ended
    bool reaped_ = false;
    int status_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable said_;
    Stream out_;
    Stream err_;
};

/// Runs it until it ends by itself: for subcommands, `--help` and refusals.
ServerEnd run_server(const ServerLaunch& launch);

/// `--listen 127.0.0.1:0 --data portrait-data`, and then `more`.
std::vector<std::string> server_arguments(const std::vector<std::string>& more = {"--demo"});

} // namespace portrait::testing
