#pragma once

#include "support/raw_http.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// Clients that do what they should, so that a test can see what an attack leaves of the service.
namespace portrait::testing {

/// What clients saw during a time.
struct HonestFigures {
    std::vector<std::chrono::microseconds> gets; ///< how long each took
    std::vector<std::chrono::microseconds> puts;
    int refused = 0; ///< PUTs that a fault of the server's disk refused, where that may be
    int faults = 0;  ///< other answers than they must have had, other bytes, broken connections
    std::string first_fault;

    void add(HonestFigures other);
};

/// The time that only one percent took longer than; 0 of none.
std::chrono::microseconds p99(std::vector<std::chrono::microseconds> took);

/// Clients of the demo user, each with a connection and three persons of its own, that put a picture now and
/// then and get it back, at a steady pace. To be used by one thread.
class HonestClients {
public:
    struct Load {
        int clients = 50;
        int first_person = 1;                 ///< persons from there on are theirs
        std::chrono::milliseconds pause{100}; ///< of each client between requests
        int gets_a_put = 4;
        std::size_t picture_bytes = 8 * 1024;
        bool disk_may_fail = false; ///< PUTs may be refused then, and must leave what was there
    };

    HonestClients(std::uint16_t port, Load load);
    ~HonestClients();
    HonestClients(const HonestClients&) = delete;
    HonestClients& operator=(const HonestClients&) = delete;

    /// What they have seen since the last call.
    HonestFigures take();
    /// Forgets what they have seen, waits, and takes.
    HonestFigures observe(std::chrono::milliseconds duration);

private:
    void run(int client);
    void note(bool put, std::chrono::microseconds took);
    void fault(const std::string& what);

    const std::uint16_t port_;
    const Load load_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    HonestFigures figures_;
    std::vector<std::thread> threads_;
};

/// Waits for what another thread or process brings about; false when it didn't in five minutes.
bool eventually(const std::function<bool()>& condition);

/// Lets this process have as many descriptors as it may; returns how many that are.
std::uint64_t raise_descriptor_limit();

/// How many descriptors a process has open.
std::size_t descriptors_of(pid_t process);

} // namespace portrait::testing
