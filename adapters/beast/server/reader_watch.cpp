#include "server/reader_watch.hpp"

// The kernel's header: the C library's tcp_info ends before the field that is needed.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace portrait::http {

SentBytes sent_bytes(int socket) noexcept {
    SentBytes sent;
    int waiting = 0;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::ioctl(socket, SIOCOUTQ, &waiting) == 0 && waiting > 0 &&
        ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        sent.waiting = static_cast<std::uint64_t>(waiting);
        sent.taken = info.tcpi_bytes_acked;
    }
    return sent;
}

bool ReaderWatch::is_too_slow(Time now, const SentBytes& sent) noexcept {
    if (sent.waiting == 0) {
        count_ = 0; // the peer has received everything: the window starts anew
        return false;
    }
    const auto sample = [this](std::size_t index) -> Sample& {
        return samples_[(oldest_ + index) % samples_.size()];
    };
    // One sample older than the window is kept to compare with.
    while (count_ > 1 && now - sample(1).time >= window) {
        oldest_ = (oldest_ + 1) % samples_.size();
        --count_;
    }
    if (count_ == 0 || (count_ < samples_.size() && now - sample(count_ - 1).time >= between_samples))
        sample(count_++) = {now, sent.taken};
    const std::chrono::duration<double> elapsed = now - sample(0).time;
    return elapsed >= window &&
           static_cast<double>(sent.taken - sample(0).taken) < static_cast<double>(rate_) * elapsed.count();
}

} // namespace portrait::http
