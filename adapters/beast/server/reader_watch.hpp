#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace portrait::http {

/// The kernel's counts of the bytes that were written to a socket.
struct SentBytes {
    std::uint64_t taken = 0;   ///< acknowledged by the peer since the connection began
    std::uint64_t waiting = 0; ///< written and not acknowledged yet
};

/// Of a connected TCP socket; zeros where the kernel doesn't report them.
SentBytes sent_bytes(int socket) noexcept;

/// Detects peers that receive below a minimum rate over any ten seconds. Called periodically while bytes are
/// unacknowledged. Not thread-safe.
class ReaderWatch {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds window{10};

    /// `rate` is in bytes a second.
    explicit ReaderWatch(std::uint64_t rate) noexcept
        : rate_{rate} {}

    /// True when the peer received below the rate over the last `window`, with bytes unacknowledged all the
    /// time. `now` never decreases.
    bool is_too_slow(Time now, const SentBytes& sent) noexcept;

private:
    struct Sample {
        Time time;
        std::uint64_t taken = 0;
    };
    static constexpr std::chrono::seconds between_samples{1};

    std::uint64_t rate_;
    std::array<Sample, 12> samples_{}; ///< a ring: those of the last window, and one before it
    std::size_t oldest_ = 0;
    std::size_t count_ = 0;
};

} // namespace portrait::http
