#include "folder/control_socket.hpp"

#include "folder/control_protocol.hpp"
#include "terminal/console.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace portrait_server {

namespace {

using portrait::http::Severity;

constexpr std::size_t most_sessions = 4;
constexpr time_t request_seconds = 5; ///< within which a client has to send what it wants
constexpr time_t reply_seconds = 20;  ///< that a client may leave answers unread
constexpr std::chrono::milliseconds between_progress{100};

portrait::Error failed(const char* call) {
    return portrait::Error{portrait::errc::store_io,
                           fmt::format("{}: {}", call, std::generic_category().message(errno))};
}

/// The socket's address, by way of an open folder: the path itself may be longer than an address can be.
sockaddr_un address_of(int folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/{}", folder, control_socket_name);
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

int open_folder(const std::filesystem::path& folder) {
    return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/// Binds, and opens to its user alone before anybody can connect.
bool bind_and_listen(int socket, int folder) {
    const auto address = address_of(folder);
    (void)::unlinkat(folder, control_socket_name, 0);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::fchmodat(folder, control_socket_name, 0600, 0) == 0 &&
           ::listen(socket, static_cast<int>(most_sessions)) == 0;
}

void limit_waiting(int socket, int option, time_t seconds) {
    const timeval limit{.tv_sec = seconds, .tv_usec = 0};
    (void)::setsockopt(socket, SOL_SOCKET, option, &limit, sizeof limit);
}

bool is_of_own_user(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

bool send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// Takes lines off a socket.
class LineReader {
public:
    LineReader(int socket, std::size_t longest)
        : socket_{socket}
        , longest_{longest} {}

    /// The next line without its end; nothing when the peer is gone, too slow or too long. `interrupted`
    /// is asked when a signal came.
    template<class Interrupted>
    std::optional<std::string> next(Interrupted interrupted) {
        for (;;) {
            if (const auto end = received_.find('\n'); end != received_.npos) {
                auto line = received_.substr(0, end);
                received_.erase(0, end + 1);
                return line;
            }
            if (received_.size() >= longest_)
                return std::nullopt;
            std::array<char, 4096> buffer{};
            const auto count =
                ::recv(socket_, buffer.data(), std::min(buffer.size(), longest_ - received_.size()), 0);
            if (count < 0 && errno == EINTR && !interrupted())
                continue;
            if (count <= 0)
                return std::nullopt;
            received_.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

private:
    const int socket_;
    const std::size_t longest_;
    std::string received_;
};

/// Sends what a job tells to its client.
class SocketListener final : public JobListener {
public:
    SocketListener(int socket, const std::atomic<bool>& stopping)
        : socket_{socket}
        , stopping_{stopping} {}

    void say(std::string_view line) override { alive_ = alive_ && send_all(socket_, say_line(line)); }

    bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) override {
        const auto now = std::chrono::steady_clock::now();
        if (now >= next_) {
            next_ = now + between_progress;
            alive_ = alive_ && send_all(socket_, progress_line(step, done, total));
        }
        return alive_ && !stopping_;
    }

private:
    const int socket_;
    const std::atomic<bool>& stopping_;
    bool alive_ = true;
    std::chrono::steady_clock::time_point next_{};
};

} // namespace

portrait::result<std::unique_ptr<ControlSocket>>
ControlSocket::listen(const std::filesystem::path& folder, JobPlace place,
                      std::shared_ptr<portrait::http::Log> log) {
    const int opened = open_folder(folder);
    if (opened < 0)
        return failed("open");
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int stop = ::eventfd(0, EFD_CLOEXEC);
    if (listening < 0 || stop < 0 || !bind_and_listen(listening, opened)) {
        auto error = failed("listen");
        for (const int descriptor : {opened, listening, stop})
            ::close(descriptor);
        return error;
    }
    ::close(opened);
    const auto path = std::filesystem::absolute(folder) / control_socket_name;
    return std::unique_ptr<ControlSocket>{new ControlSocket{path, listening, stop, place, std::move(log)}};
}

ControlSocket::ControlSocket(std::filesystem::path path, int listening, int stop, JobPlace place,
                             std::shared_ptr<portrait::http::Log> log)
    : path_{std::move(path)}
    , listening_{listening}
    , stop_{stop}
    , place_{place}
    , log_{std::move(log)}
    , thread_{[this] { accept_all(); }} {}

ControlSocket::~ControlSocket() {
    stopping_ = true;
    (void)::eventfd_write(stop_, 1);
    thread_.join();
    (void)::unlink(path_.c_str());
    for (auto& session : sessions_) {
        (void)::shutdown(session.socket, SHUT_RD);
        session.thread.join();
        ::close(session.socket);
    }
    ::close(listening_);
    ::close(stop_);
}

void ControlSocket::accept_all() {
    std::array<pollfd, 2> waited{{{listening_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    while (!stopping_) {
        if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR)
            return;
        if (stopping_)
            return;
        const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        forget_ended();
        if (socket >= 0)
            begin(socket);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            std::this_thread::sleep_for(between_progress); // it would be readable again at once
    }
}

void ControlSocket::begin(int socket) {
    limit_waiting(socket, SO_RCVTIMEO, request_seconds);
    limit_waiting(socket, SO_SNDTIMEO, reply_seconds);
    if (!is_of_own_user(socket) || sessions_.size() >= most_sessions) {
        (void)send_all(socket,
                       end_line({exit_code::refused, is_of_own_user(socket)
                                                         ? "it is busy with other commands; try again later"
                                                         : "it serves its own user alone"}));
        ::close(socket);
        return;
    }
    auto& session = sessions_.emplace_back();
    session.socket = socket;
    session.thread = std::thread{[this, &session] {
        serve(session.socket);
        (void)::shutdown(session.socket, SHUT_RDWR);
        session.ended = true;
    }};
}

void ControlSocket::forget_ended() {
    sessions_.remove_if([](Session& session) {
        if (!session.ended)
            return false;
        session.thread.join();
        ::close(session.socket);
        return true;
    });
}

void ControlSocket::serve(int socket) {
    LineReader reader{socket, longest_request};
    const auto line = reader.next([] { return false; });
    if (!line)
        return;
    const auto job = parse_request(*line);
    if (!job) {
        (void)send_all(socket, end_line({exit_code::refused, "this is no command"}));
        return;
    }
    log_->event(Severity::info, fmt::format("{} was asked for through the control socket", job->name), {});
    SocketListener listener{socket, stopping_};
    const auto end = do_job(place_, *job, listener);
    log_->event(end.exit_code == 0 ? Severity::info : Severity::warning,
                fmt::format("{} ended{}{}", job->name, end.sentence.empty() ? "" : ": ", end.sentence), {});
    (void)send_all(socket, end_line(end));
}

[[nodiscard]] portrait::result<JobEnd> ask_owner(const std::filesystem::path& folder, const FolderJob& job,
                                                 JobListener& listener) {
    const auto request = request_line(job);
    if (!request)
        return request.error();
    const int opened = open_folder(folder);
    if (opened < 0)
        return failed("open");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = address_of(opened);
    const bool connected =
        socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    auto error = failed("connect");
    ::close(opened);
    portrait::result<JobEnd> outcome = error;
    if (connected && send_all(socket, *request)) {
        outcome = portrait::Error{portrait::errc::store_io, "it went away before the end"};
        LineReader reader{socket, longest_reply};
        // A signal while nothing comes: closing tells the owner that nobody wants the job any more.
        bool unwanted = false;
        const auto interrupted = [&] { return unwanted = !listener.wanted(); };
        for (auto line = reader.next(interrupted); line; line = reader.next(interrupted)) {
            const auto taken = take_reply(*line, listener);
            if (!taken && taken.error() == portrait::errc::cancelled)
                unwanted = true;
            if (!taken)
                outcome = taken.error();
            else if (*taken)
                outcome = **taken;
            if (!taken || *taken)
                break;
        }
        if (unwanted)
            outcome = JobEnd{exit_code::failure, fmt::format("{} was stopped", job.name)};
    }
    if (socket >= 0)
        ::close(socket);
    return outcome;
}

} // namespace portrait_server
