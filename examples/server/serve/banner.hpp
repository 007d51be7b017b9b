#pragma once

#include "options/settings.hpp"

#include <string>

namespace portrait_server {

/// The text on standard output when the server listens on `listen`. Programs may parse its first line:
/// `portrait 0.1.0 listening on http://127.0.0.1:8080`. `warning`: about the demo user; shown with it, unless
/// the address is loopback.
std::string banner(const Settings& settings, const ListenAddress& listen, bool has_demo_user,
                   const char* warning);

} // namespace portrait_server
