#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace portrait::testing {

/// Connections of one kind: they send `opening`, and then one byte of it a second, or nothing.
struct SlowKind {
    std::string name;
    std::string opening; ///< sent at once
    bool drips = true;   ///< sends a byte a second afterwards
    int count = 0;
};

/// What became of a kind's connections.
struct SlowTally {
    int opened = 0;
    int failed = 0;                       ///< couldn't be opened
    int closed = 0;                       ///< by the server
    std::map<std::string, int> answers;   ///< the first line's status of those that were answered
    std::chrono::milliseconds longest{0}; ///< that a connection lasted until the server closed it
};

/// Thousands of connections that send next to nothing, kept by one thread that takes hardly any time itself.
/// A connection that the server closes is opened again (a while later when it had been turned away), so that
/// the pressure stays, until `fade`.
class SlowSenders {
public:
    /// `addresses`: how many of 127.0.1.1, 127.0.1.2, … they come from.
    SlowSenders(std::uint16_t port, std::vector<SlowKind> kinds, int addresses);
    /// Closes what is open.
    ~SlowSenders();
    SlowSenders(const SlowSenders&) = delete;
    SlowSenders& operator=(const SlowSenders&) = delete;

    /// Waits until every connection has been opened once.
    void wait_until_opened();
    /// Opens none any more.
    void fade() { fading_ = true; }
    /// Open at present.
    int open() const { return open_; }
    /// By the kind's name; only after the thread has ended, by `stop`.
    const std::map<std::string, SlowTally>& stop();

private:
    struct Connection {
        std::size_t kind = 0;
        int number = 0;
        std::chrono::steady_clock::time_point opened;
        std::string received; ///< the beginning
    };
    struct Reopening {
        std::chrono::steady_clock::time_point at;
        std::size_t kind = 0;
        int number = 0;
    };

    void run();
    void open_some();
    void open_one(std::size_t kind, int number);
    void drip(std::chrono::steady_clock::time_point now);
    void look(int descriptor);
    void closed(int descriptor);

    const std::uint16_t port_;
    const std::vector<SlowKind> kinds_;
    const int addresses_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> fading_{false};
    std::atomic<int> to_open_{0};
    std::atomic<int> open_{0};

    // of the thread
    int epoll_ = -1;
    unsigned tick_ = 0;
    int highest_ = 0;                ///< descriptor so far
    std::vector<Reopening> waiting_; ///< the soonest last
    std::unordered_map<int, Connection> connections_;
    std::map<std::string, SlowTally> tallies_;
    std::thread thread_; // the last member
};

} // namespace portrait::testing
