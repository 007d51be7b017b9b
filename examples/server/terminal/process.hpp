#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace portrait_server {

/// Prepares the process for serving: new files are for their owner only, the limit of descriptors is raised
/// to its maximum, writes to closed sockets are errors and not signals, there are no core dumps, and freed
/// memory of large bodies returns to the system. Call it before the first thread starts.
void prepare_process();

/// Blocks SIGTERM, SIGINT and SIGHUP, so that `wait_for_shutdown` receives them. Call it before the first
/// thread starts: threads inherit the blocked signals.
void block_shutdown_signals();

/// Waits for the first SIGTERM or SIGINT. Until then each SIGHUP calls `on_hangup` on this thread, and then
/// `again`, which is called every 2 seconds as long as it returns true. Afterwards another SIGTERM or SIGINT
/// ends the process at once with 128 plus its number, and SIGHUP is ignored.
void wait_for_shutdown(const std::function<void()>& on_hangup, const std::function<bool()>& again);

/// Ends the process with code 1 after `limit`, such as when a disk hangs; 0 cancels that. Answered writes are
/// durable already.
void limit_closing(std::chrono::seconds limit);

/// Sends a state to the supervisor as sd_notify(3) does: `READY=1`, `STOPPING=1`, `STATUS=…`, one per line.
/// Does nothing without NOTIFY_SOCKET in the environment; failures are ignored.
void notify_supervisor(const std::string& state);

} // namespace portrait_server
