#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace portrait {

/// How often something had which size, such as a transaction its members, for a monitor. Plain data; not
/// synchronised.
struct SizeHistogram {
    /// Each is the largest that its bucket counts; what is larger than the last is counted behind them.
    static constexpr std::array<std::uint64_t, 12> bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

    std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< each bucket's own
    std::uint64_t total = 0;                               ///< the sizes' sum

    void add(std::uint64_t size) noexcept {
        const auto* const bound = std::lower_bound(bounds.begin(), bounds.end(), size);
        ++counts[static_cast<std::size_t>(bound - bounds.begin())];
        total += size;
    }
};

} // namespace portrait
