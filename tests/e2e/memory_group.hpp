#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace portrait::testing {

/// A control group whose processes are killed when they take more memory than it allows, as those of a
/// systemd unit with MemoryMax. Removed with this object, after its processes have ended.
class MemoryGroup {
public:
    /// Null where the machine doesn't let a test make one.
    static std::unique_ptr<MemoryGroup> make(std::uint64_t bytes);
    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;
    ~MemoryGroup();

    /// Puts the calling process into it. Async-signal-safe.
    bool enter() const noexcept;

private:
    MemoryGroup(std::filesystem::path folder, int processes) noexcept;

    std::filesystem::path folder_;
    int processes_; ///< the file that takes their ids
};

} // namespace portrait::testing
