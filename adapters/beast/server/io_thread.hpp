#pragma once

#include "server/server_shared.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
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
#include <vector>

namespace portrait::http {

namespace net = boost::asio;

using SteadyTime = std::chrono::steady_clock::time_point;
using IoExecutor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, IoExecutor>;
using SteadyTimer = net::basic_waitable_timer<std::chrono::steady_clock,
                                              net::wait_traits<std::chrono::steady_clock>, IoExecutor>;
template<class T>
using Awaitable = net::awaitable<T, IoExecutor>;
inline constexpr net::use_awaitable_t<IoExecutor> use_awaitable{};

class Connection;
struct Workspace;

/// A connection's place in its io thread's list of idle ones; left by itself.
using IdleHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

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

    void add(Connection& connection);
    void remove(Connection& connection) { connections_.erase(&connection); }
    /// `connection` waits for a request from now on, or doesn't any more.
    void idle(Connection& connection);
    void busy(Connection& connection);
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

    /// A connection that goes idle leaves what it needed, for the next that wakes:
    /// allocating it for each request costs time. An empty one where none is left.
    void keep(Workspace workspace);
    Workspace spare_workspace();

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
    std::unordered_set<Connection*> connections_;
    boost::intrusive::list<IdleHook, boost::intrusive::constant_time_size<false>> idle_connections_;
    std::vector<Workspace> spare_workspaces_;
    std::atomic<std::int64_t> oldest_idle_{never};
    std::atomic<std::int64_t> idle_count_{0}; ///< less those that are to be closed
    std::time_t date_second_ = -1;
    std::string date_;
};

} // namespace portrait::http
