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

/// Connections of one kind: they send `opening`, and then one byte per second or nothing.
struct SlowKind {
    std::string name;
    std::string opening;  ///< sent at once
    bool trickles = true; ///< sends a byte per second afterwards
    int count = 0;
};

/// Counts of a kind's connections.
struct SlowTally {
    int opened = 0;
    int failed = 0;                       ///< not opened
    int closed = 0;                       ///< by the server
    std::map<std::string, int> answers;   ///< number of answers by status
    std::chrono::milliseconds longest{0}; ///< longest time until the server closed a connection
};

/// Thousands of connections that send almost nothing, on one thread that uses little processor time. Until
/// `stop_reopening`, a connection that the server closes is opened again, after a delay if it was refused.
class SlowSenders {
public:
    /// `addresses`: the number of client addresses 127.0.1.1, 127.0.1.2, …
    SlowSenders(std::uint16_t port, std::vector<SlowKind> kinds, int addresses);
    /// Closes all connections.
    ~SlowSenders();
    SlowSenders(const SlowSenders&) = delete;
    SlowSenders& operator=(const SlowSenders&) = delete;

    /// Waits until every connection has been opened once.
    void wait_until_opened();
    /// Opens no more connections.
    void stop_reopening() { fading_ = true; }
    /// Returns the number of open connections.
    int open() const { return open_; }
    /// Stops the thread, and returns the counts by the kind's name.
    const std::map<std::string, SlowTally>& stop();

private:
    struct Connection {
        std::size_t kind = 0;
        int number = 0;
        std::chrono::steady_clock::time_point opened;
        std::string received; ///< the first bytes
    };
    struct Reopening {
        std::chrono::steady_clock::time_point at;
        std::size_t kind = 0;
        int number = 0;
    };

    void run();
    void open_some();
    void open_one(std::size_t kind, int number);
    void trickle(std::chrono::steady_clock::time_point now);
    void read_answer(int descriptor);
    void closed(int descriptor);

    const std::uint16_t port_;
    const std::vector<SlowKind> kinds_;
    const int addresses_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> fading_{false};
    std::atomic<int> to_open_{0};
    std::atomic<int> open_{0};

    // used by the thread only
    int epoll_ = -1;
    unsigned tick_ = 0;
    int highest_ = 0;                ///< highest descriptor so far
    std::vector<Reopening> waiting_; ///< in descending order of time
    std::unordered_map<int, Connection> connections_;
    std::map<std::string, SlowTally> tallies_;
    std::thread thread_; // the last member
};

} // namespace portrait::testing
