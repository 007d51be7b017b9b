#pragma once

#include <string_view>

namespace portrait_server {

/// Tells the supervisor that started us, as sd_notify(3) does: `READY=1`, `STOPPING=1`, `STATUS=…`, one a
/// line. Does nothing without NOTIFY_SOCKET in the environment; a supervisor that doesn't listen matters to
/// nobody.
void notify_supervisor(std::string_view state);

} // namespace portrait_server
