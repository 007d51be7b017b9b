#pragma once

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>

/// Replaces the memory of the test program, so that any allocation can be made to fail. With sanitizers,
/// which have a `malloc` of their own, only those of `operator new` fail; otherwise also those of C
/// libraries.
namespace portrait::testing {

/// One allocation, or one and all later ones until the end of the call.
enum class FailingCalls { one, all_from_there };
/// The threads whose allocations are counted and fail.
enum class FailingThreads { calling, all };

/// Makes the `nth` allocation fail that is made during the life of this object. One object at a time.
class MemoryFault {
public:
    MemoryFault(std::uint64_t nth, FailingCalls calls, FailingThreads threads) noexcept;
    MemoryFault(const MemoryFault&) = delete;
    MemoryFault& operator=(const MemoryFault&) = delete;
    ~MemoryFault();

    /// Whether an allocation has failed.
    static bool met() noexcept;
};

/// The allocations of `operator new` that are not deleted, of all threads.
std::int64_t living_allocations() noexcept;

/// The fault of one run of a workload.
class Fault {
public:
    Fault(std::uint64_t nth, FailingCalls calls, FailingThreads threads)
        : nth_{nth}
        , calls_{calls}
        , threads_{threads} {}

    /// Calls with the fault; absent when `std::bad_alloc` was thrown. Other exceptions are defects.
    template<class Call>
    auto during(const Call& call) -> std::optional<decltype(call())> {
        const MemoryFault fault{nth_, calls_, threads_};
        const Note note{*this};
        try {
            return call();
        } catch (const std::bad_alloc&) {
            return std::nullopt;
        }
    }

    bool met() const noexcept { return met_; }

private:
    struct Note {
        Fault& fault;
        ~Note() { fault.met_ = MemoryFault::met(); }
    };

    std::uint64_t nth_;
    FailingCalls calls_;
    FailingThreads threads_;
    bool met_ = false;
};

/// Calls `run(fault)` for each allocation of a workload, first failing alone, then with all later ones, until
/// a run has none left to fail. Every `stride`-th only, unless PORTRAIT_EVERY_ALLOCATION is set. A run must
/// leave no allocation behind.
template<class Run>
void for_each_fault(std::string_view workload, std::uint64_t stride, FailingThreads threads, const Run& run) {
    const bool every_one = std::getenv("PORTRAIT_EVERY_ALLOCATION") != nullptr;
    // Static objects and caches get their memory here.
    for (int warm_up = 0; warm_up < 2; ++warm_up) {
        Fault none{0, FailingCalls::one, threads};
        run(none);
    }
    for (const auto calls : {FailingCalls::one, FailingCalls::all_from_there}) {
        std::uint64_t nth = 1;
        for (;; nth += every_one ? 1 : stride) {
            INFO(workload << ": allocation " << nth
                          << (calls == FailingCalls::one ? " fails" : " and all later ones fail"));
            Fault fault{nth, calls, threads};
            const auto before = living_allocations();
            run(fault);
            const auto after = living_allocations();
            CHECK(after == before);
            if (!fault.met())
                break;
        }
        if (every_one)
            WARN(workload << ": " << nth - 1 << " allocations");
    }
}

} // namespace portrait::testing
