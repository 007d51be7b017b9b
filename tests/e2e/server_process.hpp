#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

/// portrait-server as a process, as an operator starts it.
namespace portrait::testing {

/// Parameters of a start. Of the test's own environment only PATH and the sanitizers' options are passed on,
/// so that the user's PORTRAIT_… variables don't change tests.
struct ServerLaunch {
    std::filesystem::path folder; ///< the working folder
    std::vector<std::string> arguments{};
    std::map<std::string, std::string> environment{};
    std::string input{};         ///< the whole standard input
    bool writes_by_mode = false; ///< modes restrict where the process writes even if root starts it
    /// The kernel kills the process beyond these bytes of memory, as by a unit's MemoryMax, if the machine
    /// allows tests to set this limit; 0: no limit. See `ServerProcess::has_memory_limit`.
    std::uint64_t memory_limit = 0;
};

/// The end of a process, and its output.
struct ServerEnd {
    int exit_code = -1; ///< -1 when a signal ended it
    int signal = 0;     ///< 0 when no signal ended it
    std::string out;
    std::string err;
};

class MemoryGroup;

/// One process. Its output is read at once, so that it never waits for the test. The destructor kills the
/// process if it is running, and fails the test if a log contains a secret of the test; files in the working
/// folder whose names begin with "audit" are logs, too. Members throw `std::runtime_error` with the output so
/// far when they take longer than two minutes. For one thread.
class ServerProcess {
public:
    explicit ServerProcess(const ServerLaunch& launch);
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess();

    /// Waits for the banner and returns its port. Throws if the process ends without a banner.
    std::uint16_t port();

    pid_t id() const noexcept { return id_; }
    /// Sends SIGTERM, SIGINT, …; no effect after the process has ended.
    void send_signal(int number) const;
    /// Sends SIGKILL, and waits until the process has ended.
    void kill();
    /// Waits until the process has ended, by itself or by an earlier signal.
    ServerEnd wait();
    /// Sends SIGTERM, then waits.
    ServerEnd terminate();

    /// Returns the output so far.
    std::string out() const;
    std::string err() const;
    /// Waits until the output contains the text.
    void wait_for_out(std::string_view text);
    void wait_for_err(std::string_view text);

    /// Returns the bytes of resident memory, now and at the peak.
    std::uint64_t resident_bytes() const;
    std::uint64_t peak_resident_bytes() const;
    /// Returns the bytes reserved for data and stacks of threads, as counted by RLIMIT_DATA.
    std::uint64_t data_bytes() const;

    /// Returns the processes that it has started and that are running.
    std::vector<pid_t> children() const;
    /// As `peak_resident_bytes`, and the peaks of its children.
    std::uint64_t peak_resident_bytes_of_all() const;

    /// Whether the requested limit of memory is in force.
    bool has_memory_limit() const noexcept { return memory_group_ != nullptr; }
    /// Sets whether writes to files succeed from now on. Otherwise each write fails, as on a full disk
    /// (RLIMIT_FSIZE is 0).
    void allow_file_writes(bool allowed) const;

private:
    struct Stream {
        int descriptor = -1;
        std::string text;
        bool ended = false;
        std::thread reader;
    };

    void read_all(Stream& stream);
    void wait_for(const Stream& stream, std::string_view text);
    [[noreturn]] void fail(const std::string& what) const; // called without the lock

    const std::filesystem::path folder_;
    std::unique_ptr<MemoryGroup> memory_group_; ///< outlives the process
    pid_t id_ = -1;
    int handle_ = -1; // a pidfd: readable after the process has ended
    bool reaped_ = false;
    int status_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable output_changed_;
    Stream out_;
    Stream err_;
};

/// Runs a process until it ends by itself: for subcommands, `--help` and refusals.
ServerEnd run_server(const ServerLaunch& launch);

/// Returns `--listen 127.0.0.1:0 --data portrait-data`, followed by `more`.
std::vector<std::string> server_arguments(const std::vector<std::string>& more = {"--demo"});

} // namespace portrait::testing
