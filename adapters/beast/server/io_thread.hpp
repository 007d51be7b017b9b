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

/// A connection's place in its io thread's list of idle ones; left by itself.
using IdleHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// A connection as its io thread sees it.
class ServedConnection : public IdleHook {
public:
    ServedConnection() = default;
    ServedConnection(const ServedConnection&) = delete;
    ServedConnection& operator=(const ServedConnection&) = delete;
    virtual ~ServedConnection() = default;

    SteadyTime idle_since; ///< while it is in its io thread's list of idle ones

    /// Called now and then: ends what is due, and looks whether a client that waits for its answer is still
    /// there. True when its time was found to be over for the first time since it was set.
    virtual bool look(SteadyTime now) = 0;
    /// Closes when no request is under way; otherwise the next answer is the last.
    virtual void begin_drain() = 0;
    /// Ends everything now.
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
    void remove(ServedConnection& connection) { connections_.erase(&connection); }
    /// `connection` waits for a request from now on, or doesn't any more.
    void idle(ServedConnection& connection);
    void busy(ServedConnection& connection);
    /// When the oldest idle connection became so, as the steady clock counts; the largest number when none is
    /// idle that hasn't been promised to be closed. Any thread may ask.
    std::int64_t oldest_idle() const noexcept;
    /// Closes the oldest idle connection soon. Any thread may ask; false when there is none left to close.
    bool close_oldest_idle();
    void drain_connections();
    void cut_connections();
    /// No connection will come any more.
    void finish() { timer_.cancel(); }

    /// Now, as a Date field wants it; formatted once a second.
    std::string_view date();

    /// Where connections read what they drop; thousands may at the same time.
    std::array<char, std::size_t{64} * 1024> dropped;

private:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    void tick();
    void look_at_connections();
    void publish_oldest() noexcept;

    /// Connections only note when they expire, and one timer looks at all of them now and then: with a timer
    /// for each, every request would queue and cancel several.
    SteadyTimer timer_;
    std::chrono::milliseconds period_;
    bool ticking_ = false;
    bool more_have_expired_ = false; ///< than have been told
    std::unordered_set<ServedConnection*> connections_;
    boost::intrusive::list<IdleHook, boost::intrusive::constant_time_size<false>> idle_connections_;
    std::atomic<std::int64_t> oldest_idle_{never};
    std::atomic<std::int64_t> idle_count_{0}; ///< less those that are to be closed
    std::time_t date_second_ = -1;
    std::string date_;
};

} // namespace portrait::http
