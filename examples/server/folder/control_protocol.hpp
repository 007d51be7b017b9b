#pragma once

#include "folder/folder_job.hpp"

#include <portrait/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What goes over the control socket: lines of fields, tabs between them. The client sends one line, the name
/// of a job and its arguments; it gets any number of `progress` and `say` lines and at last one `end`.
namespace portrait_server {

inline constexpr const char* control_socket_name = "control.sock";
inline constexpr std::size_t longest_request = 8192;
inline constexpr std::size_t longest_reply = 65536;

/// The line of a job, its end included. An error when a field has control characters or all of it is too
/// long.
[[nodiscard]] portrait::result<std::string> request_line(const FolderJob& job);

/// The job of a line without its end, nothing when it is none.
std::optional<FolderJob> parse_request(std::string_view line);

std::string progress_line(std::string_view step, std::uint64_t done, std::uint64_t total);
std::string say_line(std::string_view text);
std::string end_line(const JobEnd& end);

/// Hands what a line (without its end) tells to the listener. The outcome when it is the last line;
/// an error when it is no line of this protocol, or `cancelled` when the listener wants no more.
[[nodiscard]] portrait::result<std::optional<JobEnd>> take_reply(std::string_view line,
                                                                 JobListener& listener);

} // namespace portrait_server
