#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace portrait::testing {

/// A control group with a limit of memory, as a systemd unit with MemoryMax: the kernel kills processes that
/// exceed it. The destructor removes the group after its processes have ended.
class MemoryGroup {
public:
    /// Returns null if the machine doesn't allow tests to create control groups.
    static std::unique_ptr<MemoryGroup> make(std::uint64_t bytes);
    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;
    ~MemoryGroup();

    /// Moves the calling process into the group. Async-signal-safe.
    bool enter() const noexcept;

private:
    MemoryGroup(std::filesystem::path folder, int processes) noexcept;

    std::filesystem::path folder_;
    int processes_; ///< the file for the ids of processes
};

} // namespace portrait::testing
