#pragma once

#include <cstdint>

namespace portrait_server {

/// Prepares the process for serving: new files are for their owner only, the limit of descriptors is raised
/// to its maximum, writes to closed sockets are errors and not signals, there are no core dumps, and freed
/// memory of large bodies returns to the system. Call it before the first thread starts. Returns the limit of
/// descriptors.
std::uint64_t prepare_process();

} // namespace portrait_server
