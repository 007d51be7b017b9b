#pragma once

#include <string_view>

namespace portrait_server {

/// What the process ends with.
namespace exit_code {
inline constexpr int success = 0;
inline constexpr int failure = 1; ///< something broke while it worked
inline constexpr int refused = 2; ///< it was asked for something that it can't do, and has changed nothing
} // namespace exit_code

/// Prints `portrait-server: <sentence>` as one line on standard error, control characters escaped, and
/// returns `exit_code::refused`.
int refuse(std::string_view sentence);

/// The same with `exit_code::failure`.
int fail(std::string_view sentence);

/// Prints on standard error what is for people and not for scripts.
void note(std::string_view text);

/// Prints on standard output, at once. A reader who went away doesn't matter.
void say(std::string_view text);

} // namespace portrait_server
