#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace portrait {

/// Counts sizes, such as those of transactions, for a monitor. Plain data; not synchronised.
struct SizeHistogram {
    /// The upper bounds of the buckets; one more bucket counts larger sizes.
    static constexpr std::array<std::uint64_t, 12> bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

    std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< of each bucket alone
    std::uint64_t total = 0;                               ///< of all sizes

    void add(std::uint64_t size) noexcept {
        const auto* const bound = std::lower_bound(bounds.begin(), bounds.end(), size);
        ++counts[static_cast<std::size_t>(bound - bounds.begin())];
        total += size;
    }
};

} // namespace portrait
