#pragma once

#include "options/settings.hpp"

#include <cstdint>
#include <string>

namespace portrait_server {

/// The text that the server prints when it listens. Programs may parse its first line:
/// `portrait 0.1.0 listening on http://127.0.0.1:8080`.
std::string banner(const Settings& settings, std::uint16_t port, bool demo_user);

} // namespace portrait_server
