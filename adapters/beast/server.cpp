#include <portrait/beast/server.hpp>

#include "connection/connection.hpp"
#include "server/io_thread.hpp"
#include "server/server_shared.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace portrait::http {
namespace {

using tcp = net::ip::tcp;
using Acceptor = net::basic_socket_acceptor<tcp, IoExecutor>;

constexpr std::chrono::milliseconds accept_pause{100}; // after an error such as no descriptors left
constexpr std::chrono::milliseconds pause_after_exception{10};
constexpr std::uint64_t max_rejections_at_once = 128; // beyond it connections are closed without an answer
constexpr std::chrono::milliseconds max_drain_timeout = std::chrono::hours{24};

// Unsent bytes that the kernel buffers for a client that doesn't read; accepted sockets inherit the limit.
// The kernel's default follows the speed of the client and may reach megabytes.
constexpr int unsent_bytes = 128 * 1024;
using UnsentLimit = net::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

std::string message_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "an exception of an unknown type";
    }
}

net::ip::address unmapped(const net::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
    return address;
}

[[nodiscard]] result<void> listen(Acceptor& acceptor, const ServerOptions& options) {
    beast::error_code error;
    const net::ip::address address = net::ip::make_address(options.address, error);
    const tcp::endpoint endpoint{address, options.port};
    const auto attempt = [&error](auto&& step) {
        if (!error)
            step();
    };
    attempt([&] { acceptor.open(endpoint.protocol(), error); });
    attempt([&] { acceptor.set_option(Acceptor::reuse_address{true}, error); });
    if (address.is_v6() && address.is_unspecified())
        attempt([&] { acceptor.set_option(net::ip::v6_only{false}, error); });
    attempt([&] { acceptor.set_option(UnsentLimit{unsent_bytes}, error); });
    attempt([&] { acceptor.bind(endpoint, error); });
    attempt([&] { acceptor.listen(Acceptor::max_listen_connections, error); });
    if (error) {
        const std::string host = address.is_v6() ? "[" + options.address + "]" : options.address;
        return Error{errc::listen_failed,
                     "Can't listen on " + host + ":" + std::to_string(options.port) + ": " + error.message()};
    }
    return {};
}

// Counts a connection among those that `drain` waits for.
class Presence {
public:
    explicit Presence(std::shared_ptr<ServerShared> shared)
        : shared_{std::move(shared)} {
        shared_->enter();
        shared_->connections.fetch_add(1);
    }
    Presence(Presence&&) noexcept = default;
    Presence& operator=(Presence&&) = delete;
    ~Presence() {
        if (shared_) {
            shared_->connections.fetch_sub(1);
            shared_->leave();
        }
    }

    const std::shared_ptr<ServerShared>& shared() const noexcept { return shared_; }

private:
    std::shared_ptr<ServerShared> shared_;
};

void spawn_connection(Presence presence, const std::shared_ptr<IoThread>& io_thread, Socket socket,
                      const net::ip::address& address, bool rejected) {
    const std::shared_ptr<ServerShared> shared = presence.shared();
    auto connection =
        std::make_shared<Connection>(shared, io_thread, std::move(socket), address, shared->tls());
    Connection& started = *connection;
    net::co_spawn(io_thread->context, started.run(std::move(connection), rejected),
                  [presence = std::move(presence)](const std::exception_ptr& failure) {
                      if (failure) {
                          presence.shared()->event(Severity::error, "A connection ended by an exception: " +
                                                                        message_of(failure));
                      }
                  });
}

} // namespace

class Server::State {
public:
    State(std::shared_ptr<Endpoint> endpoint, ServerOptions options, std::shared_ptr<Log> log);
    // NOLINTNEXTLINE(bugprone-exception-escape): without memory or threads the process may end
    ~State() { drain(std::chrono::milliseconds{0}); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] result<void> start();
    bool drain(std::chrono::milliseconds timeout);

    std::uint16_t port() const noexcept { return port_; }
    ServerShared& shared() const noexcept { return *shared_; }

private:
    /// Starts to accept unless that goes on or has ended.
    void start_accepting();
    Awaitable<void> accept_connections();
    void admit_backlog();
    bool close_oldest_idle();
    void admit_socket(Socket socket, const std::shared_ptr<IoThread>& io_thread);
    void run(IoThread& io_thread);
    void report_exception() const noexcept;
    void stop();

    using WorkGuard = net::executor_work_guard<IoExecutor>;

    const std::shared_ptr<ServerShared> shared_;
    std::vector<std::shared_ptr<IoThread>> io_threads_;
    std::vector<WorkGuard> guards_;
    std::vector<std::thread> threads_;
    std::optional<Acceptor> acceptor_; // on the first io thread
    std::optional<SteadyTimer> pause_; // on the first io thread
    // Of the first io thread.
    bool accepting_ = false;
    bool has_accepted_all_ = false;
    std::uint16_t port_ = 0;
    std::mutex drain_mutex_;
    std::optional<bool> drained_;
};

Server::State::State(std::shared_ptr<Endpoint> endpoint, ServerOptions options, std::shared_ptr<Log> log)
    : shared_{std::make_shared<ServerShared>(std::move(endpoint), std::move(options), std::move(log))} {
    const std::size_t wanted = shared_->options.threads;
    const std::size_t count = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t index = 0; index < count; ++index) {
        io_threads_.push_back(std::make_shared<IoThread>(shared_->options));
        guards_.emplace_back(io_threads_.back()->context.get_executor());
    }
    acceptor_.emplace(io_threads_.front()->context);
    pause_.emplace(io_threads_.front()->context);
}

result<void> Server::State::start() {
    if (auto loaded = shared_->load_tls(); !loaded)
        return loaded;
    if (auto listening = listen(*acceptor_, shared_->options); !listening)
        return listening;
    port_ = acceptor_->local_endpoint().port();
    shared_->enter(); // until all connections are accepted
    for (const auto& io_thread : io_threads_)
        threads_.emplace_back([this, io_thread = io_thread.get()] { run(*io_thread); });
    return {};
}

// Connections handle their own exceptions. Those that come this far are rare, such as no memory for a
// handler. An exception while an operation is started destroys the coroutine that waits for it. Asio posts
// that, so it is done before what is posted here.
void Server::State::run(IoThread& io_thread) {
    for (;;) {
        try {
            prepare_workspaces();
            net::post(io_thread.context, [this, &io_thread] {
                if (&io_thread == io_threads_.front().get())
                    start_accepting();
                io_thread.start_ticking();
            });
            io_thread.context.run();
            return;
        } catch (...) {
            report_exception();
            std::this_thread::sleep_for(pause_after_exception);
        }
    }
}

void Server::State::report_exception() const noexcept {
    try {
        shared_->event(Severity::error,
                       "An io thread continues after an exception: " + message_of(std::current_exception()));
        // NOLINTNEXTLINE(bugprone-empty-catch): no memory for the line
    } catch (const std::bad_alloc&) {
    }
}

void Server::State::start_accepting() {
    if (accepting_ || has_accepted_all_)
        return;
    net::co_spawn(io_threads_.front()->context, accept_connections(), [](const std::exception_ptr& failure) {
        if (failure)
            std::rethrow_exception(failure); // to `run`, which starts anew
    });
}

Awaitable<void> Server::State::accept_connections() {
    struct Accepting {
        explicit Accepting(bool& flag)
            : now{flag} {
            now = true;
        }
        ~Accepting() { now = false; }
        bool& now;
    } const accepting{accepting_};
    bool accepting_fails = false;
    for (std::size_t next = 0; !shared_->draining; next = (next + 1) % io_threads_.size()) {
        const std::shared_ptr<IoThread> io_thread = io_threads_[next];
        beast::error_code error;
        Socket socket =
            co_await acceptor_->async_accept(io_thread->context, net::redirect_error(use_awaitable, error));
        if (!error) {
            accepting_fails = false;
            try {
                admit_socket(std::move(socket), io_thread);
            } catch (const std::exception& failure) {
                shared_->event(Severity::error,
                               std::string{"A connection was closed by an exception: "} + failure.what());
            }
        } else if (!shared_->draining && error != net::error::connection_aborted) {
            if (!accepting_fails) {
                shared_->event(Severity::warning,
                               "A connection can't be accepted: " + error.message() + "; retrying");
            }
            accepting_fails = true;
            close_oldest_idle(); // frees a descriptor, in case none was left
            pause_->expires_after(accept_pause);
            co_await pause_->async_wait(net::redirect_error(use_awaitable, error));
        }
    }
    admit_backlog();
    beast::error_code ignored;
    acceptor_->close(ignored);
    has_accepted_all_ = true;
    shared_->leave();
}

// Serves the connections in the listen queue: they would be reset, although some have sent a request.
void Server::State::admit_backlog() {
    beast::error_code error;
    acceptor_->non_blocking(true, error);
    for (std::size_t next = 0; !error; next = (next + 1) % io_threads_.size()) {
        Socket socket = acceptor_->accept(io_threads_[next]->context, error);
        if (!error)
            admit_socket(std::move(socket), io_threads_[next]);
    }
}

// Makes room for a new connection; false when every connection is busy.
bool Server::State::close_oldest_idle() {
    const auto oldest =
        std::min_element(io_threads_.begin(), io_threads_.end(), [](const auto& left, const auto& right) {
            return left->oldest_idle() < right->oldest_idle();
        });
    return (*oldest)->close_oldest_idle();
}

void Server::State::admit_socket(Socket socket, const std::shared_ptr<IoThread>& io_thread) {
    beast::error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error)
        return; // gone already
    socket.set_option(tcp::no_delay{true}, error);
    const std::uint64_t present = shared_->connections;
    const std::uint64_t limit = shared_->options.connection_limit;
    if (present >= limit + max_rejections_at_once)
        return;
    const bool rejected = present >= limit && !close_oldest_idle();
    shared_->accepted.fetch_add(1, std::memory_order_relaxed);
    // The connection is constructed on its io thread, which alone uses it.
    net::post(io_thread->context,
              [presence = Presence{shared_}, io_thread, rejected, address = unmapped(remote.address()),
               socket = std::move(socket)]() mutable {
                  spawn_connection(std::move(presence), io_thread, std::move(socket), address, rejected);
              });
}

bool Server::State::drain(std::chrono::milliseconds timeout) {
    const std::lock_guard lock{drain_mutex_};
    if (drained_)
        return *drained_;
    shared_->endpoint->set_draining(true);
    shared_->draining = true;
    net::post(io_threads_.front()->context, [this] {
        beast::error_code ignored;
        acceptor_->cancel(ignored);
        pause_->cancel();
    });
    for (const auto& io_thread : io_threads_)
        net::post(io_thread->context, [io_thread = io_thread.get()] { io_thread->drain_connections(); });
    drained_ = threads_.empty() || shared_->wait_until_empty(std::clamp(timeout, {}, max_drain_timeout));
    if (!*drained_) {
        shared_->cutting = true;
        for (const auto& io_thread : io_threads_)
            net::post(io_thread->context, [io_thread = io_thread.get()] { io_thread->cut_connections(); });
        while (!shared_->wait_until_empty(max_drain_timeout)) {
        }
    }
    stop();
    return *drained_;
}

// Lets the contexts run out of work instead of stopping them, so that they release all connections.
void Server::State::stop() {
    for (const auto& io_thread : io_threads_)
        net::post(io_thread->context, [io_thread = io_thread.get()] { io_thread->finish(); });
    guards_.clear();
    for (std::thread& thread : threads_)
        thread.join();
    threads_.clear();
}

Server::Server(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

Server::~Server() = default;

result<std::unique_ptr<Server>> Server::start(std::shared_ptr<Endpoint> endpoint, ServerOptions options,
                                              std::shared_ptr<Log> log) {
    if (!endpoint)
        throw std::invalid_argument{"portrait::http::Server: no endpoint"};
    auto state = std::make_unique<State>(std::move(endpoint), std::move(options), std::move(log));
    if (auto started = state->start(); !started)
        return started.error();
    return std::unique_ptr<Server>{new Server{std::move(state)}};
}

std::uint16_t Server::port() const noexcept {
    return state_->port();
}

ServerStatistics Server::statistics() const noexcept {
    const ServerShared& shared = state_->shared();
    return {.connections = shared.connections,
            .accepted = shared.accepted,
            .requests = shared.requests,
            .body_bytes_in_flight = shared.budgets->requests.used(),
            .answer_bytes_in_flight = shared.budgets->answers.used(),
            .requests_in_flight = shared.requests_in_flight,
            .failed_handshakes = shared.failed_handshakes,
            .abandoned_requests = shared.abandoned_requests,
            .slow_readers = shared.slow_readers};
}

result<void> Server::reload_tls() {
    return state_->shared().load_tls();
}

bool Server::drain(std::chrono::milliseconds timeout) {
    return state_->drain(timeout);
}

} // namespace portrait::http
