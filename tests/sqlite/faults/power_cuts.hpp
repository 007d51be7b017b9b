#pragma once

#include "replayed_disk.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace portrait::testing {

/// The number of power cuts of a test; PORTRAIT_POWER_CUTS replaces it.
inline std::size_t power_cuts(std::size_t by_default) {
    const char* const text = std::getenv("PORTRAIT_POWER_CUTS");
    return text == nullptr ? by_default : static_cast<std::size_t>(std::atoll(text));
}

/// Makes syncs of this process succeed without effect while it lives.
class WithoutSyncs {
public:
    WithoutSyncs() { skip_syncs(true); }
    WithoutSyncs(const WithoutSyncs&) = delete;
    WithoutSyncs& operator=(const WithoutSyncs&) = delete;
    ~WithoutSyncs() { skip_syncs(false); }
};

/// The share of a call in the moments: larger for changes of names, whose states are many and whose calls are
/// few.
inline std::size_t weight_of(const DiskCall& call) {
    using Kind = DiskCall::Kind;
    return call.kind == Kind::rename || call.kind == Kind::unlink || call.kind == Kind::create ? 12 : 1;
}

/// Replays calls and cuts the power so many times, at moments spread over the calls and always in the same
/// way. Ends at the first fault. Calls `mark` with the numbers of the test's marks, and `judge` with a folder
/// for each cut; it returns the fault of what it finds there, or an empty text.
template<class Mark, class Judge>
void cut_power(ReplayedDisk& disk, const std::vector<DiskCall>& calls, std::size_t cuts, const Mark& mark,
               const Judge& judge) {
    const WithoutSyncs without_syncs;
    std::mt19937 random{7};
    std::size_t done = 0;
    std::size_t passed = 0;
    const auto all =
        std::accumulate(calls.begin(), calls.end(), std::size_t{0},
                        [](std::size_t sum, const DiskCall& call) { return sum + weight_of(call); });
    for (std::size_t index = 0; index < calls.size(); ++index) {
        const auto& call = calls[index];
        disk.apply(call);
        if (call.kind == DiskCall::Kind::mark)
            mark(call.offset);
        passed += weight_of(call);
        const auto here = passed * cuts / all - done;
        const auto states = disk.name_states(here);
        for (std::size_t cut = 0; cut < here; ++cut, ++done) {
            const TemporaryFolder left;
            disk.leave(left.path(), states[cut % states.size()], random);
            if (const std::string fault = judge(left.path()); !fault.empty()) {
                CAPTURE(index, calls.size(), done, call.path);
                FAIL_CHECK(fault);
                return;
            }
        }
    }
    WARN(done << " power cuts over " << calls.size() << " calls");
}

} // namespace portrait::testing
