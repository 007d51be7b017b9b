#pragma once

#include "server_core.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

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

class Session;

/// One io thread's context with the sessions that live on it. Each session stays on one thread, so it needs
/// no strand and no lock; other threads reach it by posting. Members but `context` are for that thread alone.
class Reactor : public std::enable_shared_from_this<Reactor> {
public:
    explicit Reactor(const ServerOptions& options);

    net::io_context context;

    void add(Session& session);
    void remove(Session& session) { sessions_.erase(&session); }
    void drain_sessions();
    void cut_sessions();
    /// No session will come any more.
    void finish() { timer_.cancel(); }

    /// Now, as a Date field wants it; formatted once a second.
    std::string_view date();

private:
    void tick();

    /// Sessions only note when they expire, and one timer looks at all of them now and then: with a timer for
    /// each, every request would queue and cancel several.
    SteadyTimer timer_;
    std::chrono::milliseconds period_;
    bool ticking_ = false;
    std::unordered_set<Session*> sessions_;
    std::time_t date_second_ = -1;
    std::string date_;
};

} // namespace portrait::http
