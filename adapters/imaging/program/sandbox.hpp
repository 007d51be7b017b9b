#pragma once

#include <cstdint>
#include <string>

namespace portrait::imaging::process {

/// The bounds of this process.
struct SandboxBounds {
    std::uint64_t most_memory = 0;     ///< bytes that it writes, libraries and stacks aside
    std::uint64_t most_made_bytes = 0; ///< of a file, which is the memory of a rendition
};

/// Takes from this process, for good, what decoding needs not: files, sockets, programs, other processes,
/// code made at run time, privileges, core dumps. Threads and memory stay. What is denied fails as without
/// permission. Returns what failed; empty: nothing. Call it before untrusted bytes are read.
std::string enter_sandbox(const SandboxBounds& bounds);

} // namespace portrait::imaging::process
