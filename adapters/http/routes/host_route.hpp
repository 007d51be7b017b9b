#pragma once

#include "routes/route.hpp"

#include <portrait/http/host_route.hpp>

namespace portrait::http {

/// A route of the host's own as one like the contract's. `host` has to outlive it.
Route route_of(const HostRoute& host);

} // namespace portrait::http
