#pragma once

#include "options/options.hpp"

namespace portrait_server {

/// Serves until SIGTERM or SIGINT. Returns the exit code; start-up refusals have been printed then.
int run_server(const Settings& settings);

} // namespace portrait_server
