#pragma once

#include <portrait/error.hpp>

#include <string>

namespace portrait_server {

/// A new password: asked for twice on the terminal, without echo, or, when standard input is no terminal, its
/// first line. The error's message is a sentence for the operator.
[[nodiscard]] portrait::result<std::string> ask_for_new_password(const std::string& user);

} // namespace portrait_server
