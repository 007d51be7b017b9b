#include "folder/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace portrait_server {
namespace {

/// `stop` is asked this often.
constexpr std::chrono::milliseconds stop_interval{200};

/// Room for the control message of one descriptor.
struct OneDescriptor {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

} // namespace

Channel::~Channel() {
    ::close(socket_);
    if (descriptor_ >= 0)
        ::close(descriptor_);
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

bool Channel::send(std::string_view text, Deadline deadline, int descriptor) {
    while (!text.empty()) {
        iovec part{const_cast<char*>(text.data()), text.size()}; // sendmsg only reads it
        OneDescriptor control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (descriptor >= 0) {
            message.msg_control = control.bytes.data();
            message.msg_controllen = control.bytes.size();
            auto* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof descriptor);
            std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
        }
        const auto sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            descriptor = -1; // it goes with the first bytes
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
        const auto count =
            receive(std::span{buffer}.first(std::min(buffer.size(), max_line - received_.size())));
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count <= 0)
            return std::nullopt;
        received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

bool Channel::receive_all(std::span<std::byte> buffer, Deadline deadline) {
    const auto buffered = std::min(buffer.size(), received_.size());
    std::memcpy(buffer.data(), received_.data(), buffered);
    received_.erase(0, buffered);
    buffer = buffer.subspan(buffered);
    while (!buffer.empty()) {
        if (!wait(POLLIN, deadline, {}))
            return false;
        const auto count = receive({reinterpret_cast<char*>(buffer.data()), buffer.size()});
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (count <= 0)
            return false;
        buffer = buffer.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

std::ptrdiff_t Channel::receive(std::span<char> buffer) {
    iovec part{buffer.data(), buffer.size()};
    OneDescriptor control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    // The kernel closes the descriptors that have no room here.
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const auto count = ::recvmsg(socket_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0)
        return count;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            if (descriptor_ >= 0)
                ::close(descriptor_);
            std::memcpy(&descriptor_, CMSG_DATA(header), sizeof descriptor_);
        }
    return count;
}

void Channel::shut_down() noexcept {
    (void)::shutdown(socket_, SHUT_RDWR);
}

} // namespace portrait_server
