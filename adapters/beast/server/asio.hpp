#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include <chrono>

namespace portrait::http {

namespace beast = boost::beast;
namespace net = boost::asio;

using SteadyTime = std::chrono::steady_clock::time_point;
using IoExecutor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, IoExecutor>;
using SteadyTimer = net::basic_waitable_timer<std::chrono::steady_clock,
                                              net::wait_traits<std::chrono::steady_clock>, IoExecutor>;
template<class T>
using Awaitable = net::awaitable<T, IoExecutor>;
inline constexpr net::use_awaitable_t<IoExecutor> use_awaitable{};

} // namespace portrait::http
