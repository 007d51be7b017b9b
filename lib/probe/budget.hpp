#pragma once

#include <portrait/probe.hpp>

#include <cstdint>

namespace portrait::probing {

/// What is left of the work that one call of `probe` may do.
class Budget {
public:
    /// Pays for one step (a segment, chunk, block or entry) that looks at `bytes` bytes; false when that is
    /// too much.
    bool step(std::uint64_t bytes) noexcept {
        if (steps_ == 0)
            return false;
        --steps_;
        return look(bytes);
    }

    /// Pays for looking at `bytes` bytes; false, and nothing paid, when that is too much.
    bool look(std::uint64_t bytes) noexcept {
        if (bytes > bytes_)
            return false;
        bytes_ -= bytes;
        return true;
    }

    std::uint64_t steps() const noexcept { return steps_; }

private:
    std::uint64_t steps_ = probe_step_budget;
    std::uint64_t bytes_ = probe_byte_budget;
};

} // namespace portrait::probing
