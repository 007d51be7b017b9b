#pragma once

#include "folder/folder_job.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/un.h>

namespace portrait_server {

// The protocol of the control socket: lines of fields separated by tabs. A client sends commands one after
// another; a command is the name of a job and its arguments, and with it the descriptor of the folder that
// the job writes into. The server answers each with any number of `progress`, `say` and `stored` lines and
// one `end`, and closes the connection after one that refuses the command.
//
// The command `picture` has the blob id to share, or 0, and the three values of the export's moment (epoch,
// erasures, milliseconds), and is followed by a line of a manifest. When the
// server needs the bytes, it sends `send`, and the client sends `bytes` and as many bytes as the manifest
// has, or `none`.

inline constexpr const char* control_socket_name = "control.sock";
inline constexpr std::size_t max_request = 64UL * 1024; // bytes of a line, its end included
inline constexpr std::size_t max_reply = 64UL * 1024;   // bytes of a line, its end included
inline constexpr std::chrono::seconds request_limit{5}; // for a client to send its first command
inline constexpr std::chrono::seconds idle_limit{60};   // for the next command
inline constexpr std::chrono::seconds reply_limit{20};  // to read a line, or to send what was asked for

/// The socket's address through the descriptor of its folder: the path may be longer than an address can be.
sockaddr_un control_address(int folder);
/// Opens the folder of a control socket; negative after a failure.
int open_control_folder(const std::filesystem::path& folder);

std::vector<std::string> fields_of(std::string_view line);
/// False unless the whole text is a decimal number of this type.
template<class Integer>
bool read_number(std::string_view text, Integer& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}
bool has_control_characters(std::string_view text);
/// A text without control characters and of bounded length.
std::string text_field(std::string_view text);

/// The line of a job, with its end. Refused when a field has control characters or the line is too long.
[[nodiscard]] Outcome<std::string> request_line(const FolderJob& job);
/// The job of a line without its end and of the descriptor that came with it; refused when the line has
/// control characters or no name.
[[nodiscard]] Outcome<FolderJob> parse_request(std::string_view line, int descriptor);

std::string end_line(const JobEnd& end);
std::string progress_line(std::string_view step, std::uint64_t done, std::uint64_t total);
std::string say_line(std::string_view line);

/// Passes a line without its end to the listener. Returns the job's end when it is the last line; refuses a
/// line that is not of this protocol.
[[nodiscard]] Outcome<std::optional<JobEnd>> handle_reply(std::string_view line, JobListener& listener);

/// The failed call with the text of errno.
Refusal failed_call(const char* call);

} // namespace portrait_server
