#pragma once

#include "server/asio.hpp"

#include <portrait/beast/server.hpp>

#include <boost/intrusive/list.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace portrait::http {

/// A connection's place in its io thread's list of idle connections; unlinks itself.
using IdleHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// A connection as its io thread sees it.
class ServedConnection : public IdleHook {
public:
    ServedConnection() = default;
    ServedConnection(const ServedConnection&) = delete;
    ServedConnection& operator=(const ServedConnection&) = delete;
    virtual ~ServedConnection() = default;

    SteadyTime idle_since; ///< while it is in its io thread's list of idle ones

    /// Called periodically: ends operations whose deadline has passed, and detects clients that have closed
    /// while their answer is made. True when a deadline was found to have passed for the first time.
    virtual bool check(SteadyTime now) = 0;
    /// Closes when no request is under way; otherwise the next answer is the last.
    virtual void begin_drain() = 0;
    /// Closes now.
    virtual void cut() = 0;
};

/// One io thread's context with the connections that live on it. Each connection stays on one thread, so it
/// needs no strand and no lock; other threads reach it by posting. Members but `context` are for that thread
/// alone.
class IoThread : public std::enable_shared_from_this<IoThread> {
public:
    explicit IoThread(const ServerOptions& options);
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;
    ~IoThread();

    net::io_context context;

    void add(ServedConnection& connection);
    /// Starts the periodic checks unless they go on or there is nothing to check.
    void start_ticking();
    void remove(ServedConnection& connection) { connections_.erase(&connection); }
    /// Mark a connection as waiting for a request, or as serving one.
    void idle(ServedConnection& connection);
    void busy(ServedConnection& connection);
    /// Time when the oldest idle connection became idle, in ticks of the steady clock; the largest number
    /// when no idle connection is left to close. Callable from any thread.
    std::int64_t oldest_idle() const noexcept;
    /// Closes the oldest idle connection soon; false when there is none. Callable from any thread.
    bool close_oldest_idle();
    void drain_connections();
    void cut_connections();
    /// No connection will be added any more.
    void finish() { timer_.cancel(); }

    /// The current time in the format of the Date field; formatted once a second.
    std::string_view date();

    /// Shared by connections that discard bytes.
    std::array<char, std::size_t{64} * 1024> discarded;

private:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    void tick();
    void check_connections();
    void publish_oldest() noexcept;

    /// Connections store their deadline, and one timer checks all of them periodically: with a timer for
    /// each, every request would queue and cancel several.
    SteadyTimer timer_;
    std::chrono::milliseconds period_;
    bool ticking_ = false;
    bool more_have_expired_ = false; ///< than one tick ends
    std::unordered_set<ServedConnection*> connections_;
    boost::intrusive::list<IdleHook, boost::intrusive::constant_time_size<false>> idle_connections_;
    std::atomic<std::int64_t> oldest_idle_{never};
    std::atomic<std::int64_t> idle_count_{0}; ///< less those that are to be closed
    std::time_t date_second_ = -1;
    std::string date_;
};

} // namespace portrait::http
