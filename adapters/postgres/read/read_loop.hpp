#pragma once

#include "client/connector.hpp"

#include <portrait/error.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <poll.h>

namespace portrait::postgres {

/// Runs reads on a few connections, many at a time on each, by one thread.
class ReadLoop {
public:
    struct Settings {
        std::size_t connections = 2;
        std::size_t depth = 16; ///< reads under way on each connection
        std::size_t most_waiting = 4096;
        std::chrono::milliseconds limit{10'000}; ///< of each read, its waiting included
    };
    /// Called once, on the loop's thread or before `submit` returns; must be quick and must not throw.
    using Done = std::function<void(result<Rows>)>;

    ReadLoop(Connector& connector, Settings settings);
    ReadLoop(const ReadLoop&) = delete;
    ReadLoop& operator=(const ReadLoop&) = delete;
    /// Answers what is under way or waiting.
    ~ReadLoop();

    /// Doesn't block. Errors: `service_busy`, `store_unreachable`, those of the statement.
    void submit(const Statement& statement, Parameters parameters, Done done);
    /// As above, and waits. Not for the loop's thread.
    [[nodiscard]] result<Rows> run(const Statement& statement, Parameters parameters);

private:
    struct Read {
        const Statement* statement;
        Parameters parameters;
        Done done;
        Deadline deadline;
        unsigned repeated = 0;
    };
    struct Lane {
        std::unique_ptr<Connection> connection{};
        std::shared_ptr<const std::string> epoch{}; ///< of the connection
        std::deque<Read> under_way{};
        std::size_t largest_reply = 0; ///< bytes
        bool is_stale = false;         ///< has to be replaced
        bool all_sent = true;
        Deadline open_at{}; ///< no earlier
    };

    void loop();
    void open_lanes();
    void distribute();
    void send(Lane& lane);
    void wait();
    void serve(Lane& lane);
    void take_replies(Lane& lane);
    void end(Lane& lane, const Error& error);
    void repeat(Read read);
    void fail_waiting();
    Deadline next_deadline() const;

    Connector& connector_;
    const Settings settings_;
    const int wake_up_; ///< an eventfd
    std::mutex mutex_;
    std::deque<Read> submitted_;
    bool asleep_ = false; ///< has to be woken for a read
    bool stopping_ = false;

    // Of the thread.
    std::deque<Read> waiting_;
    std::vector<Lane> lanes_;
    std::vector<pollfd> watched_;

    std::thread thread_;
};

} // namespace portrait::postgres
