#pragma once

#include "options/options.hpp"

namespace portrait_server {

/// `users add NAME`: returns the exit code.
int add_user(const Settings& settings, const AddUser& command);

} // namespace portrait_server
