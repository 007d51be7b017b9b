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
#include <stdexcept>
#include <thread>
#include <vector>

#include <csignal>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace portrait::http {
namespace {

using tcp = net::ip::tcp;
using Acceptor = net::basic_socket_acceptor<tcp, IoExecutor>;

constexpr std::chrono::milliseconds accept_pause{100}; // after an error such as no descriptors left
constexpr std::uint64_t turned_away_at_once = 128;     // beyond it connections are closed without a word
constexpr std::chrono::milliseconds longest_patience = std::chrono::hours{24};

// What the kernel keeps for a client that doesn't read, beside what is on its way; accepted sockets inherit
// it. By itself it keeps as much as a fast client could take, up to megabytes.
constexpr int unsent_bytes = 128 * 1024;
using UnsentLimit = net::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

std::string what_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "an exception of an unknown type";
    }
}

// OpenSSL writes to sockets without MSG_NOSIGNAL.
void block_sigpipe() {
    sigset_t signals{};
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

net::ip::address plain(const net::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
    }
    return address;
}

[[nodiscard]] result<void> listen(Acceptor& acceptor, const ServerOptions& options) {
    beast::error_code error;
    const net::ip::address address = net::ip::make_address(options.address, error);
    const tcp::endpoint endpoint{address, options.port};
    const auto attempt = [&error](auto&& step) {
        if (!error) {
            step();
        }
    };
    attempt([&] { acceptor.open(endpoint.protocol(), error); });
    attempt([&] { acceptor.set_option(Acceptor::reuse_address{true}, error); });
    if (address.is_v6() && address.is_unspecified()) {
        attempt([&] { acceptor.set_option(net::ip::v6_only{false}, error); });
    }
    attempt([&] { acceptor.set_option(UnsentLimit{unsent_bytes}, error); });
    attempt([&] { acceptor.bind(endpoint, error); });
    attempt([&] { acceptor.listen(Acceptor::max_listen_connections, error); });
    if (error) {
        const std::string host = address.is_v6() ? "[" + options.address + "]" : options.address;
        return Error{errc::internal,
                     "can't listen on " + host + ":" + std::to_string(options.port) + ": " + error.message()};
    }
    return {};
}

// A connection's place among those that `drain` waits for.
class Presence {
public:
    explicit Presence(std::shared_ptr<ServerCore> core)
        : core_{std::move(core)} {
        core_->enter();
        core_->connections.fetch_add(1);
    }
    Presence(Presence&&) noexcept = default;
    Presence& operator=(Presence&&) = delete;
    ~Presence() {
        if (core_) {
            core_->connections.fetch_sub(1);
            core_->leave();
        }
    }

    const std::shared_ptr<ServerCore>& core() const noexcept { return core_; }

private:
    std::shared_ptr<ServerCore> core_;
};

Awaitable<void> serve(std::shared_ptr<Session> session, bool turned_away) {
    co_await session->run(turned_away);
}

void spawn_session(Presence presence, const std::shared_ptr<Reactor>& reactor, Socket socket,
                   const net::ip::address& address, bool turned_away) {
    const std::shared_ptr<ServerCore> core = presence.core();
    auto session = std::make_shared<Session>(core, reactor, std::move(socket), address, core->tls());
    net::co_spawn(reactor->context, serve(std::move(session), turned_away),
                  [presence = std::move(presence)](const std::exception_ptr& failure) {
                      if (failure) {
                          presence.core()->event(Severity::error,
                                                 "a connection has ended: " + what_of(failure));
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
    bool drain(std::chrono::milliseconds patience);

    std::uint16_t port() const noexcept { return port_; }
    ServerCore& core() const noexcept { return *core_; }

private:
    Awaitable<void> accept_connections();
    void take_in_backlog();
    bool close_oldest_idle();
    void take_in(Socket socket, const std::shared_ptr<Reactor>& reactor);
    void run(Reactor& reactor);
    void stop();

    using WorkGuard = net::executor_work_guard<IoExecutor>;

    const std::shared_ptr<ServerCore> core_;
    std::vector<std::shared_ptr<Reactor>> reactors_;
    std::vector<WorkGuard> guards_;
    std::vector<std::thread> threads_;
    std::optional<Acceptor> acceptor_; // on the first reactor
    std::optional<SteadyTimer> pause_; // on the first reactor
    std::uint16_t port_ = 0;
    std::mutex drain_mutex_;
    std::optional<bool> drained_;
};

Server::State::State(std::shared_ptr<Endpoint> endpoint, ServerOptions options, std::shared_ptr<Log> log)
    : core_{std::make_shared<ServerCore>(std::move(endpoint), std::move(options), std::move(log))} {
    const std::size_t wanted = core_->options.threads;
    const std::size_t count = wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t index = 0; index < count; ++index) {
        reactors_.push_back(std::make_shared<Reactor>(core_->options));
        guards_.emplace_back(reactors_.back()->context.get_executor());
    }
    acceptor_.emplace(reactors_.front()->context);
    pause_.emplace(reactors_.front()->context);
}

result<void> Server::State::start() {
    if (auto loaded = core_->load_tls(); !loaded) {
        return loaded;
    }
    if (auto listening = listen(*acceptor_, core_->options); !listening) {
        return listening;
    }
    port_ = acceptor_->local_endpoint().port();
    core_->enter();
    net::co_spawn(
        reactors_.front()->context, accept_connections(), [core = core_](const std::exception_ptr& failure) {
            if (failure) {
                core->event(Severity::error, "accepting connections has ended: " + what_of(failure));
            }
            core->leave();
        });
    for (const auto& reactor : reactors_) {
        threads_.emplace_back([this, reactor = reactor.get()] { run(*reactor); });
    }
    return {};
}

// Sessions contain their own exceptions; what comes this far is rare, such as memory that is missing for a
// handler.
void Server::State::run(Reactor& reactor) {
    block_sigpipe();
    for (;;) {
        try {
            reactor.context.run();
            return;
        } catch (...) {
            core_->event(Severity::error, "an io thread goes on after: " + what_of(std::current_exception()));
        }
    }
}

Awaitable<void> Server::State::accept_connections() {
    bool accepting_fails = false;
    for (std::size_t next = 0; !core_->draining; next = (next + 1) % reactors_.size()) {
        const std::shared_ptr<Reactor> reactor = reactors_[next];
        beast::error_code error;
        Socket socket =
            co_await acceptor_->async_accept(reactor->context, net::redirect_error(use_awaitable, error));
        if (!error) {
            accepting_fails = false;
            try {
                take_in(std::move(socket), reactor);
            } catch (const std::exception& failure) {
                core_->event(Severity::error, std::string{"a connection was dropped: "} + failure.what());
            }
        } else if (!core_->draining && error != net::error::connection_aborted) {
            if (!accepting_fails) {
                core_->event(Severity::warning, "a connection couldn't be accepted: " + error.message() +
                                                    "; trying again until it can");
            }
            accepting_fails = true;
            close_oldest_idle(); // gives a descriptor back, when those are what is missing
            pause_->expires_after(accept_pause);
            co_await pause_->async_wait(net::redirect_error(use_awaitable, error));
        }
    }
    take_in_backlog();
    beast::error_code ignored;
    acceptor_->close(ignored);
}

// Connections that the system has accepted before the end would be reset; those who have sent a request get
// its answer instead.
void Server::State::take_in_backlog() {
    beast::error_code error;
    acceptor_->non_blocking(true, error);
    for (std::size_t next = 0; !error; next = (next + 1) % reactors_.size()) {
        Socket socket = acceptor_->accept(reactors_[next]->context, error);
        if (!error) {
            take_in(std::move(socket), reactors_[next]);
        }
    }
}

// Makes room for a new connection; false when every connection is busy.
bool Server::State::close_oldest_idle() {
    const auto oldest =
        std::min_element(reactors_.begin(), reactors_.end(), [](const auto& left, const auto& right) {
            return left->oldest_idle() < right->oldest_idle();
        });
    return (*oldest)->close_oldest_idle();
}

void Server::State::take_in(Socket socket, const std::shared_ptr<Reactor>& reactor) {
    beast::error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) {
        return; // gone already
    }
    socket.set_option(tcp::no_delay{true}, error);
    const std::uint64_t present = core_->connections;
    const std::uint64_t limit = core_->options.connection_limit;
    if (present >= limit + turned_away_at_once) {
        return;
    }
    const bool turned_away = present >= limit && !close_oldest_idle();
    core_->accepted.fetch_add(1, std::memory_order_relaxed);
    // The session is made on its own thread: from there on nobody else touches it.
    net::post(reactor->context, [presence = Presence{core_}, reactor, turned_away,
                                 address = plain(remote.address()), socket = std::move(socket)]() mutable {
        spawn_session(std::move(presence), reactor, std::move(socket), address, turned_away);
    });
}

bool Server::State::drain(std::chrono::milliseconds patience) {
    const std::lock_guard lock{drain_mutex_};
    if (drained_) {
        return *drained_;
    }
    core_->endpoint->set_draining(true);
    core_->draining = true;
    net::post(reactors_.front()->context, [this] {
        beast::error_code ignored;
        acceptor_->cancel(ignored);
        pause_->cancel();
    });
    for (const auto& reactor : reactors_) {
        net::post(reactor->context, [reactor = reactor.get()] { reactor->drain_sessions(); });
    }
    drained_ = threads_.empty() || core_->wait_until_empty(std::clamp(patience, {}, longest_patience));
    if (!*drained_) {
        core_->cutting = true;
        for (const auto& reactor : reactors_) {
            net::post(reactor->context, [reactor = reactor.get()] { reactor->cut_sessions(); });
        }
        core_->wait_until_empty();
    }
    stop();
    return *drained_;
}

// Lets the contexts run out of work rather than stopping them, so that nothing of a session is left in them.
void Server::State::stop() {
    for (const auto& reactor : reactors_) {
        net::post(reactor->context, [reactor = reactor.get()] { reactor->finish(); });
    }
    guards_.clear();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

Server::Server(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}

Server::~Server() = default;

result<std::unique_ptr<Server>> Server::start(std::shared_ptr<Endpoint> endpoint, ServerOptions options,
                                              std::shared_ptr<Log> log) {
    if (!endpoint) {
        throw std::invalid_argument{"portrait::http::Server: no endpoint"};
    }
    auto state = std::make_unique<State>(std::move(endpoint), std::move(options), std::move(log));
    if (auto started = state->start(); !started) {
        return started.error();
    }
    return std::unique_ptr<Server>{new Server{std::move(state)}};
}

std::uint16_t Server::port() const noexcept {
    return state_->port();
}

ServerStatistics Server::statistics() const noexcept {
    const ServerCore& core = state_->core();
    return {.connections = core.connections,
            .accepted = core.accepted,
            .requests = core.requests,
            .body_bytes_in_flight = core.budget->used(),
            .answer_bytes_in_flight = core.answers->used(),
            .requests_in_flight = core.requests_in_flight,
            .failed_handshakes = core.failed_handshakes,
            .abandoned_requests = core.abandoned_requests,
            .slow_readers = core.slow_readers};
}

result<void> Server::reload_tls() {
    return state_->core().load_tls();
}

bool Server::drain(std::chrono::milliseconds patience) {
    return state_->drain(patience);
}

} // namespace portrait::http
