#pragma once

#include "options/options.hpp"

namespace portrait_server {

/// `config check`: whether a server could start by these options, their files looked at and nothing changed.
/// Returns the exit code.
int check_config(const Settings& settings);

} // namespace portrait_server
