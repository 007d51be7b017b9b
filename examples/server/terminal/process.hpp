#pragma once

#include <cstdint>

namespace portrait_server {

/// Makes the process fit to serve: files for its owner alone, as many descriptors as the system gives, writes
/// to a closed socket as errors and not as signals, no core dumps, and memory of large bodies given back to
/// the system when they are done. Call it before the first thread. Returns how many descriptors it may have.
std::uint64_t prepare_process();

} // namespace portrait_server
