#pragma once

#include <portrait/beast/server.hpp>

#include <cstdint>
#include <optional>

namespace CLI {
class App;
}

namespace portrait_server {

/// The bounds on connections and requests that the operator can choose.
struct LimitSettings {
    portrait::http::ServerOptions bounds;                  ///< of which only bounds are used
    std::optional<std::uint32_t> connections_per_client{}; ///< absent: by the listening address
};

/// Adds their switches, each with its default.
void add_limit_options(CLI::App& app, LimitSettings& settings);

} // namespace portrait_server
