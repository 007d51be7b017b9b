#pragma once

#include "options/settings.hpp"

namespace portrait_server {

/// Serves until SIGTERM or SIGINT. Prints why a server can't start; returns the exit code.
int run_server(const Settings& settings);

/// Adds `config check`.
void add_config_command(CLI::App& app, Settings& settings);

} // namespace portrait_server
