#include "folder/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace portrait_server {
namespace {

/// `stop` is asked this often.
constexpr std::chrono::milliseconds stop_interval{200};

} // namespace

Channel::~Channel() {
    ::close(socket_);
}

bool Channel::wait(short event, Deadline deadline, const Stop& stop) const {
    for (;;) {
        if (stop && stop())
            return false;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            std::max(deadline - Clock::now(), Clock::duration{}));
        const auto time = std::min(left, stop_interval);
        pollfd waiting{.fd = socket_, .events = event, .revents = 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(time.count()));
        if (ready > 0)
            return true;
        if ((ready < 0 && errno != EINTR) || left.count() == 0)
            return false;
    }
}

bool Channel::send(std::string_view text, Deadline deadline) {
    while (!text.empty()) {
        const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent == 0 || errno != EAGAIN || !wait(POLLOUT, deadline, {}))
            return false;
    }
    return true;
}

Channel::Peer Channel::peer() const noexcept {
    pollfd now{.fd = socket_, .events = POLLOUT, .revents = 0};
    // The kernel reports POLLOUT while three quarters of the buffer are free.
    if (::poll(&now, 1, 0) < 0)
        return {.connected = errno == EINTR, .ready = false};
    return {.connected = (now.revents & (POLLHUP | POLLERR)) == 0, .ready = (now.revents & POLLOUT) != 0};
}

std::optional<std::string> Channel::line(std::size_t max_line, Deadline deadline, const Stop& stop) {
    for (std::size_t searched = 0;;) {
        if (const auto end = received_.find('\n', searched); end != received_.npos) {
            auto line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        searched = received_.size();
        if (received_.size() >= max_line || !wait(POLLIN, deadline, stop))
            return std::nullopt;
        std::array<char, 4096> buffer{};
        const auto count = ::recv(socket_, buffer.data(),
                                  std::min(buffer.size(), max_line - received_.size()), MSG_DONTWAIT);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count <= 0)
            return std::nullopt;
        received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

void Channel::shut_down() noexcept {
    (void)::shutdown(socket_, SHUT_RDWR);
}

} // namespace portrait_server
