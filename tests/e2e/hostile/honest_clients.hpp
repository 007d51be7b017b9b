#pragma once

#include "support/raw_http.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// Honest clients, which measure the service during an attack.
namespace portrait::testing {

/// The answers to honest clients in a period.
struct HonestFigures {
    std::vector<std::chrono::microseconds> gets; ///< duration of each
    std::vector<std::chrono::microseconds> puts;
    int refused = 0; ///< PUTs refused because of the disk, if `disk_may_fail`
    int faults = 0;  ///< unexpected answers or bytes, broken connections
    std::string first_fault;

    void add(HonestFigures other);
};

/// Returns the 99th percentile; 0 if there are no durations.
std::chrono::microseconds p99(std::vector<std::chrono::microseconds> took);

/// Clients of the demo user, each with a connection and three persons of its own. They put pictures and get
/// them at a constant rate. For one thread.
class HonestClients {
public:
    struct Load {
        int clients = 50;
        int first_person = 1;                 ///< first of the clients' persons
        std::chrono::milliseconds pause{100}; ///< between requests of a client
        int gets_per_put = 4;
        std::size_t picture_bytes = 8 * 1024;
        bool disk_may_fail = false; ///< accept refused PUTs, which must not change the picture
    };

    HonestClients(std::uint16_t port, Load load);
    ~HonestClients();
    HonestClients(const HonestClients&) = delete;
    HonestClients& operator=(const HonestClients&) = delete;

    /// Returns the figures since the last call.
    HonestFigures take();
    /// Discards the figures so far, waits, and returns the figures of this period.
    HonestFigures observe(std::chrono::milliseconds duration);

private:
    void run(int client);
    void note(bool put, std::chrono::microseconds took);
    void fault(const std::string& text);

    const std::uint16_t port_;
    const Load load_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    HonestFigures figures_;
    std::vector<std::thread> threads_;
};

/// Waits until another thread or process fulfils the condition; returns false after five minutes.
bool eventually(const std::function<bool()>& condition);

/// Raises this process's limit of descriptors as far as allowed; returns the limit.
std::uint64_t raise_descriptor_limit();

/// Returns the number of a process's open descriptors.
std::size_t descriptors_of(pid_t process);

/// The environment of a server that has to run without free descriptors: UBSan reports false errors then,
/// which may not end it.
std::map<std::string, std::string> environment_without_descriptors();

} // namespace portrait::testing
