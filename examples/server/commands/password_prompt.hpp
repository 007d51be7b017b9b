#pragma once

#include "terminal/refusals.hpp"

#include <string>

namespace portrait_server {

/// Reads a new password: twice from the terminal, without echo, or the first line of standard input when that
/// is no terminal.
[[nodiscard]] Outcome<std::string> ask_for_new_password(const std::string& user);

} // namespace portrait_server
