#pragma once

#include <portrait/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace portrait::http {

/// The most bytes of a users file and of a token file.
inline constexpr std::size_t max_account_file_bytes = std::size_t{4} * 1024 * 1024;

/// Differs when a file's text, owner or mode has changed. All zeros when there is no file.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    uid_t owner{};
    mode_t mode{};
    std::uint64_t size = 0;
    std::chrono::nanoseconds modified{};
    std::chrono::nanoseconds changed{}; ///< of the inode: no program can set it

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// The outcome of a stat of a file, or of reading it.
struct FileOutcome {
    enum class Fault : std::uint8_t {
        none,
        absent,
        no_stamp, ///< stat failed, and the file is not absent
        not_regular,
        not_opened,
        not_read,
        torn, ///< changed while it was read
    };
    Fault fault = Fault::none;
    int error = 0;        ///< errno of the fault, if it has one
    FileStamp stamp{};    ///< of the bytes read
    std::size_t size = 0; ///< of the text read
};

FileOutcome stat_file(const char* path) noexcept;

/// Fills `into` with the file's text; a longer file is no fault. Allocates nothing. Makes system calls
/// without libc, since thread sanitizers expect libc's descriptor numbers to be the process's.
FileOutcome read_file(const char* path, std::span<char> into) noexcept;

/// The fault as an error; `name` is the file's name in messages. The path is in the cause only.
Error error_of(const FileOutcome& outcome, const std::filesystem::path& path, std::string_view name);

/// Reads the users file or the token file; `name` is its name in messages. Reads at most one byte more than
/// `max_account_file_bytes`, so that the parser detects a longer file. Errors have the path in their cause
/// only.
[[nodiscard]] result<std::string> read_text_file(const std::filesystem::path& path, std::string_view name);

/// Runs the job, on a thread with a descriptor table of its own (Linux 5.9), so that it can open a file while
/// the process has no descriptor left. The thread takes no signals. No callbacks and logs in the job, since
/// descriptor numbers mean other files there. Runs it on the caller's thread when no thread can be started.
void run_with_own_descriptors(const std::function<void()>& job);

/// Replaces the users file or the token file by the text that `change` makes of it, while it is locked
/// against other writers: two processes that change it at the same time both succeed, one after the other.
/// Makes the file (0600) when there is none, keeps owner and mode otherwise, follows a symbolic link. Atomic
/// and durable: readers and crashes see the old file or the new one. Writes nothing when `change` fails or
/// leaves the text as it is; the text is durable in the latter case, too. Errors of the file are those of
/// `read_text_file`.
[[nodiscard]] result<void>
change_file(const std::filesystem::path& path, std::string_view name,
            const std::function<result<std::string>(const std::string& text)>& change);

} // namespace portrait::http
