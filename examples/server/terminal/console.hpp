#pragma once

#include <string_view>

namespace portrait_server {

/// The exit codes of the process.
namespace exit_code {
inline constexpr int success = 0;
inline constexpr int failure = 1; ///< the work began and failed
inline constexpr int refused = 2; ///< the command can't be carried out; nothing was changed
} // namespace exit_code

/// Prints `portrait-server: <sentence>` as one line on standard error, with control characters escaped.
/// Returns `exit_code::refused`.
int refuse(std::string_view sentence);

/// Prints like `refuse`; returns `exit_code::failure`.
int fail(std::string_view sentence);

/// Prints on standard error: text for people and not for scripts.
void note(std::string_view text);

/// Prints on standard output and flushes. A closed reader is no error.
void say(std::string_view text);

} // namespace portrait_server
