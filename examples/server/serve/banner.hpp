#pragma once

#include "options/options.hpp"

#include <cstdint>
#include <string>

namespace portrait_server {

/// What the server says once it listens. The first line is for programs, too:
/// `portrait 0.1.0 listening on http://127.0.0.1:8080`.
std::string banner(const Settings& settings, std::uint16_t port, bool demo_user);

} // namespace portrait_server
