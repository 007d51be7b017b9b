#pragma once

#include <portrait/error.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <sys/types.h>

namespace portrait::http {

/// What of a file changes when its text or its mode does.
struct FileStamp {
    bool exists = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    mode_t mode{};
    std::uint64_t size = 0;
    std::chrono::nanoseconds modified{};
    std::chrono::nanoseconds changed{}; ///< of the inode: no program can set it

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// How a look at a file came out, or the reading of it.
struct FileLook {
    enum class Fault : std::uint8_t {
        none,
        absent,
        no_stamp, ///< not absent, and yet it can't be looked at
        not_regular,
        not_opened,
        not_read,
        torn, ///< it changed while it was read
    };
    Fault fault = Fault::none;
    int error = 0;        ///< errno of the fault, if it has one
    FileStamp stamp{};    ///< of the bytes that were read
    std::size_t size = 0; ///< of the text that was read
};

FileLook look_at_file(const char* path) noexcept;

/// Fills `into` with the file's text; a file with more bytes than it holds is no fault. Allocates nothing.
/// Calls the system directly, as thread sanitizers take a descriptor's number for the process's.
FileLook read_file(const char* path, std::span<char> into) noexcept;

/// The fault in words; `name` is how messages call the file. The path is in the cause only.
Error error_of(const FileLook& look, const std::filesystem::path& path, std::string_view name);

/// The text of a small file that an operator keeps, such as the users file; `name` is how messages call it.
/// At most `most` bytes and one more are read, so that a reader can tell a file that is too long. Errors hold
/// the path in their cause only.
[[nodiscard]] result<std::string> read_text_file(const std::filesystem::path& path, std::string_view name,
                                                 std::size_t most);

/// Reads files on a thread that has a descriptor table of its own (Linux 5.9), so that a file can be read
/// while the process has no descriptor left. That thread makes the system calls of `read_file` and runs
/// nothing else, no callback, log or signal handler, because descriptor numbers mean other files there.
/// To be used by one thread at a time.
class TextFileReader {
public:
    TextFileReader() = default;
    TextFileReader(const TextFileReader&) = delete;
    TextFileReader& operator=(const TextFileReader&) = delete;
    ~TextFileReader() = default;

    /// As `read_file`. Starts the thread at the first call; reads on the caller's when there is none to be
    /// had.
    FileLook read(const char* path, std::span<char> into);

private:
    struct Job {
        const char* path;
        std::span<char> into;
        FileLook look{};
        bool done = false;
    };

    void start();
    void work(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    Job* job_ = nullptr;
    std::jthread thread_; // the last member: it stops before the others go
};

} // namespace portrait::http
