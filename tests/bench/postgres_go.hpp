#pragma once

// What the programs of postgres.sh have in common: a go of some seconds with its figures, as a line of JSON.

#include <dlfcn.h>
#include <libpq-fe.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

/// Round trips and statements of this process. The calls below take the place of libpq's.
inline std::atomic<std::uint64_t> round_trips{0};
inline std::atomic<std::uint64_t> statements{0};

extern "C" {

inline __attribute__((used)) int PQpipelineSync(PGconn* connection) {
    static const auto original = reinterpret_cast<int (*)(PGconn*)>(::dlsym(RTLD_NEXT, "PQpipelineSync"));
    ++round_trips;
    return original(connection);
}

inline __attribute__((used)) int PQsendQueryPrepared(PGconn* connection, const char* name, int count,
                                                     const char* const* values, const int* lengths,
                                                     const int* formats, int result_format) {
    static const auto original =
        reinterpret_cast<decltype(&PQsendQueryPrepared)>(::dlsym(RTLD_NEXT, "PQsendQueryPrepared"));
    ++statements;
    return original(connection, name, count, values, lengths, formats, result_format);
}

} // extern "C"

/// Counts the calls of a go after a time of warming up, a fifth of it. Thread-safe.
class Go {
public:
    using Clock = std::chrono::steady_clock;

    explicit Go(double seconds)
        : seconds_{seconds} {}

    bool is_over() const noexcept { return over_; }

    void count(Clock::time_point begin) {
        if (!measuring_)
            return;
        const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
        const std::scoped_lock lock{mutex_};
        milliseconds_.push_back(took.count());
    }

    /// Waits for the end, and prints the figures.
    void run() {
        std::this_thread::sleep_for(std::chrono::duration<double>{seconds_ / 5});
        const auto before = processor_time();
        const auto trips = round_trips.load();
        const auto sent = statements.load();
        const auto begin = Clock::now();
        measuring_ = true;
        std::this_thread::sleep_for(std::chrono::duration<double>{seconds_});
        measuring_ = false;
        const std::chrono::duration<double> spent = Clock::now() - begin;
        const auto processor = processor_time() - before;
        const auto trips_made = static_cast<double>(round_trips - trips);
        const auto statements_sent = static_cast<double>(statements - sent);
        over_ = true;
        const std::scoped_lock lock{mutex_};
        std::sort(milliseconds_.begin(), milliseconds_.end());
        const auto calls = static_cast<double>(std::max<std::size_t>(milliseconds_.size(), 1));
        std::printf(
            "{\"rate\": %.1f, \"p50\": %.3f, \"p99\": %.3f, \"processor\": %.3f, \"round_trips\": %.4f, "
            "\"statements\": %.3f}\n",
            calls / spent.count(), percentile(0.5), percentile(0.99), processor * 1e6 / calls,
            trips_made / calls, statements_sent / calls);
    }

private:
    /// Seconds of this process, user and system.
    static double processor_time() {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        const auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }

    double percentile(double part) const {
        return milliseconds_.empty() ? 0
                                     : milliseconds_[static_cast<std::size_t>(
                                           part * static_cast<double>(milliseconds_.size() - 1))];
    }

    const double seconds_;
    std::atomic<bool> measuring_{false};
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::vector<double> milliseconds_;
};
