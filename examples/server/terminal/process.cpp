#include "terminal/process.hpp"

#include "terminal/console.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <system_error>

namespace portrait_server {
namespace {

sigset_t shutdown_signals() {
    sigset_t signals{};
    ::sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&signals, number);
    return signals;
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

void prepare_process() {
    ::umask(077);
    (void)std::signal(SIGPIPE, SIG_IGN);
    // A write beyond RLIMIT_FSIZE fails, as on a full disk, and does not end the process.
    (void)std::signal(SIGXFSZ, SIG_IGN);

    // No core dumps: they would hold passwords and pictures. The limit alone isn't enough, since a pipe in
    // core_pattern ignores it.
    constexpr rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    (void)::setrlimit(RLIMIT_CORE, &no_core);
    (void)::prctl(PR_SET_DUMPABLE, 0);

    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
    }

    // Use mmap from a fixed size on, so that freed bodies return to the system at once. By default glibc
    // raises the threshold to the largest freed block, up to 32 MiB, and then keeps freed bodies in the
    // arenas of many threads. Measured with uploads of 5 MiB over 16 connections: peak 95 MiB instead of 213,
    // afterwards 15 instead of 127.
    ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    ::mallopt(M_ARENA_MAX, 4);
    // Keep the memory of some pictures at the top of an arena: to map a page again for each of them costs
    // more than to copy it.
    ::mallopt(M_TOP_PAD, 4 * 1024 * 1024);
}

void block_shutdown_signals() {
    const auto signals = shutdown_signals();
    if (const int failure = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr); failure != 0)
        throw std::system_error{failure, std::generic_category(), "pthread_sigmask"};
}

void wait_for_shutdown(const std::function<void()>& on_hangup, const std::function<bool()>& again) {
    constexpr timespec pause{.tv_sec = 2, .tv_nsec = 0};
    const auto signals = shutdown_signals();
    bool unfinished = false;
    for (int received = 0; received != SIGTERM && received != SIGINT;) {
        received = unfinished ? ::sigtimedwait(&signals, nullptr, &pause) : ::sigwaitinfo(&signals, nullptr);
        if (received == SIGHUP)
            on_hangup();
        if (received == SIGHUP || (unfinished && received < 0))
            unfinished = again();
    }
    // Set handlers: the first process of a container has no default ones.
    (void)std::signal(SIGTERM, end_at_once);
    (void)std::signal(SIGINT, end_at_once);
    (void)std::signal(SIGHUP, SIG_IGN);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void limit_closing(std::chrono::seconds limit) {
    (void)std::signal(SIGALRM, closing_took_too_long);
    ::alarm(static_cast<unsigned>(limit.count()));
}

void notify_supervisor(const std::string& state) {
    using Protocol = boost::asio::local::datagram_protocol;
    const char* const variable = std::getenv("NOTIFY_SOCKET");
    std::string path = variable == nullptr ? "" : variable;
    constexpr std::size_t max_path = 107; // of a Unix socket
    if (path.size() < 2 || path.size() > max_path || (path[0] != '/' && path[0] != '@'))
        return;
    if (path[0] == '@')
        path[0] = '\0'; // an abstract name
    boost::asio::io_context context;
    Protocol::socket socket{context};
    boost::system::error_code ignored;
    (void)socket.open(Protocol{}, ignored);
    (void)socket.send_to(boost::asio::buffer(state), Protocol::endpoint{path}, 0, ignored);
}

} // namespace portrait_server
