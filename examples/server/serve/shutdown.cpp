#include "serve/shutdown.hpp"

#include "terminal/console.hpp"

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <system_error>

namespace portrait_server {

namespace {

sigset_t shutdown_signals() {
    sigset_t signals{};
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGHUP);
    return signals;
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    (void)::sigaction(number, &action, nullptr);
}

void end_at_once(int number) {
    ::_exit(128 + number);
}

void closing_took_too_long(int) {
    constexpr char text[] = "portrait-server: Closing takes too long; the process ends now\n";
    (void)!::write(STDERR_FILENO, text, sizeof text - 1);
    ::_exit(exit_code::failure);
}

} // namespace

ShutdownSignals::ShutdownSignals() {
    const auto signals = shutdown_signals();
    if (const int failure = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr); failure != 0)
        throw std::system_error{failure, std::generic_category(), "pthread_sigmask"};
}

void ShutdownSignals::wait(const std::function<void()>& on_hangup) {
    const auto signals = shutdown_signals();
    int received = 0;
    while (::sigwait(&signals, &received) != 0 || received == SIGHUP)
        if (received == SIGHUP)
            on_hangup();
    // Set handlers: the first process of a container has no default ones.
    handle(SIGTERM, end_at_once);
    handle(SIGINT, end_at_once);
    handle(SIGHUP, SIG_IGN);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

ClosingLimit::ClosingLimit(std::chrono::seconds limit) {
    handle(SIGALRM, closing_took_too_long);
    ::alarm(static_cast<unsigned>(limit.count()));
}

ClosingLimit::~ClosingLimit() {
    ::alarm(0);
}

} // namespace portrait_server
