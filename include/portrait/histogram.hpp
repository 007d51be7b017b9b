#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace portrait {

/// Counts durations by size, for a monitor. Plain data; not synchronised.
struct DurationHistogram {
    /// The upper bounds of the buckets; one more bucket counts longer durations.
    static constexpr std::array<std::chrono::microseconds, 14> bounds{
        std::chrono::microseconds{250},  std::chrono::microseconds{500}, std::chrono::milliseconds{1},
        std::chrono::microseconds{2500}, std::chrono::milliseconds{5},   std::chrono::milliseconds{10},
        std::chrono::milliseconds{25},   std::chrono::milliseconds{50},  std::chrono::milliseconds{100},
        std::chrono::milliseconds{250},  std::chrono::milliseconds{500}, std::chrono::seconds{1},
        std::chrono::milliseconds{2500}, std::chrono::seconds{10},
    };

    std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< of each bucket alone
    std::chrono::microseconds total{0};

    void add(std::chrono::steady_clock::duration took) noexcept {
        const auto rounded = std::chrono::ceil<std::chrono::microseconds>(took);
        const auto* const bound = std::lower_bound(bounds.begin(), bounds.end(), rounded);
        ++counts[static_cast<std::size_t>(bound - bounds.begin())];
        total += rounded;
    }
};

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
