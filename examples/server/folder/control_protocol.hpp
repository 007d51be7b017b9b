#pragma once

#include "folder/folder_job.hpp"
#include "terminal/refusals.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The protocol of the control socket: lines of fields separated by tabs. The client sends one line, the name
/// of a job and its arguments. The server answers with any number of `progress` and `say` lines and one
/// `end`.
namespace portrait_server {

inline constexpr const char* control_socket_name = "control.sock";
inline constexpr std::size_t max_request = 8192; ///< bytes of a line, its end included
inline constexpr std::size_t max_reply = 65536;  ///< bytes of a line, its end included

/// The line of a job, with its end. Refused when a field has control characters or the line is too long.
[[nodiscard]] Outcome<std::string> request_line(const FolderJob& job);

/// The job of a line without its end; absent when the line has control characters or no name.
std::optional<FolderJob> parse_request(std::string_view line);

std::string progress_line(std::string_view step, std::uint64_t done, std::uint64_t total);
std::string say_line(std::string_view text);
std::string end_line(const JobEnd& end);

/// Passes a line without its end to the listener. Returns the job's end when it is the last line; refuses a
/// line that is not of this protocol.
[[nodiscard]] Outcome<std::optional<JobEnd>> handle_reply(std::string_view line, JobListener& listener);

} // namespace portrait_server
