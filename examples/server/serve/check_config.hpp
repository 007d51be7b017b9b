#pragma once

#include "options/settings.hpp"

namespace portrait_server {

/// Adds `config check`.
void add_config_command(CLI::App& app, Command& command);

} // namespace portrait_server
