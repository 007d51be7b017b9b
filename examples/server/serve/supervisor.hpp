#pragma once

#include <string>

namespace portrait_server {

/// Sends a state to the supervisor as sd_notify(3) does: `READY=1`, `STOPPING=1`, `STATUS=…`, one per line.
/// Does nothing without NOTIFY_SOCKET in the environment; failures are ignored.
void notify_supervisor(const std::string& state);

} // namespace portrait_server
