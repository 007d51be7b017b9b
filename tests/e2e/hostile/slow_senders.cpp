#include "slow_senders.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portrait::testing {
namespace {

using Clock = std::chrono::steady_clock;

// The clients are divided into groups, so that thousands of them don't send at the same time.
constexpr unsigned ticks_a_second = 250;
constexpr int opened_a_tick = 12;
constexpr std::chrono::seconds pause_after_refusal{10};

// 127.0.1.1 and on.
sockaddr_in source_address(int number) {
    constexpr std::uint32_t first = 0x7f000101;
    constexpr int addresses_a_network = 250;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(first + static_cast<std::uint32_t>(number / addresses_a_network * 256 +
                                                                       number % addresses_a_network));
    return address;
}

int connected(std::uint16_t port, int source) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const linger abrupt{1, 0}; // a reset, which leaves no state in the kernel
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    const auto from = source_address(source);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
        ::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
        return descriptor;
    ::close(descriptor);
    return -1;
}

} // namespace

SlowSenders::SlowSenders(std::uint16_t port, std::vector<SlowKind> kinds, int addresses)
    : port_{port}
    , kinds_{std::move(kinds)}
    , addresses_{std::max(addresses, 1)}
    , epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (epoll_ < 0)
        throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    // Open the kinds in turns, so that each is present from the beginning.
    for (int number = 0, left = 1; left != 0; ++number) {
        left = 0;
        for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
            if (number < kinds_[kind].count) {
                waiting_.push_back({Clock::now(), kind, number});
                ++left;
            }
    }
    std::reverse(waiting_.begin(), waiting_.end());
    to_open_ = static_cast<int>(waiting_.size());
    thread_ = std::thread{[this] { run(); }};
}

SlowSenders::~SlowSenders() {
    (void)stop();
    for (const auto& [descriptor, connection] : connections_)
        ::close(descriptor);
    ::close(epoll_);
}

void SlowSenders::wait_until_opened() {
    while (to_open_ > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

const std::map<std::string, SlowTally>& SlowSenders::stop() {
    stopping_ = true;
    if (thread_.joinable())
        thread_.join();
    return tallies_;
}

void SlowSenders::run() {
    // Lower the priority of this thread, since an attacker uses another machine's processors.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);
    auto next_tick = Clock::now();
    std::array<epoll_event, 512> events{};
    while (!stopping_) {
        const auto now = Clock::now();
        if (now >= next_tick) {
            next_tick = std::max(next_tick + std::chrono::milliseconds{1000 / ticks_a_second}, now);
            open_some();
            trickle(now);
            ++tick_;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick - Clock::now()).count();
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                       static_cast<int>(std::max<std::int64_t>(left, 0)));
        for (int index = 0; index < count; ++index)
            read_answer(events.at(static_cast<std::size_t>(index)).data.fd);
    }
}

void SlowSenders::open_some() {
    const auto now = Clock::now();
    for (int opened = 0; opened < opened_a_tick && !waiting_.empty() && waiting_.back().at <= now; ++opened) {
        const auto next = waiting_.back();
        waiting_.pop_back();
        open_one(next.kind, next.number);
    }
}

void SlowSenders::open_one(std::size_t kind, int number) {
    if (fading_)
        return;
    auto& tally = tallies_[kinds_[kind].name];
    const int descriptor = connected(port_, number % addresses_);
    --to_open_;
    if (descriptor < 0) {
        ++tally.failed;
        return;
    }
    ++tally.opened;
    ++open_;
    highest_ = std::max(highest_, descriptor);
    connections_[descriptor] = {kind, number, Clock::now(), {}};
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
    (void)::send(descriptor, kinds_[kind].opening.data(), kinds_[kind].opening.size(),
                 MSG_NOSIGNAL | MSG_DONTWAIT);
}

void SlowSenders::trickle(Clock::time_point now) {
    const unsigned turn = tick_ % ticks_a_second;
    for (int descriptor = static_cast<int>(turn); descriptor <= highest_;
         descriptor += static_cast<int>(ticks_a_second)) {
        const auto place = connections_.find(descriptor);
        if (place != connections_.end() && kinds_[place->second.kind].trickles &&
            now - place->second.opened > std::chrono::milliseconds{500})
            (void)::send(descriptor, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

void SlowSenders::read_answer(int descriptor) {
    auto& connection = connections_.at(descriptor);
    std::array<char, 4096> buffer{};
    const auto count = ::recv(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        return closed(descriptor);
    constexpr std::size_t kept = 64;
    connection.received.append(buffer.data(), static_cast<std::size_t>(count));
    connection.received.resize(std::min(connection.received.size(), kept));
}

void SlowSenders::closed(int descriptor) {
    const auto connection = std::move(connections_.at(descriptor));
    connections_.erase(descriptor);
    ::close(descriptor);
    --open_;
    auto& tally = tallies_[kinds_[connection.kind].name];
    ++tally.closed;
    constexpr std::size_t status_at = 9;
    const auto status = connection.received.size() > status_at + 3 ? connection.received.substr(status_at, 3)
                                                                   : std::string{"none"};
    ++tally.answers[status];
    const auto now = Clock::now();
    const bool turned_away = status == "503";
    if (!turned_away)
        tally.longest = std::max(
            tally.longest, std::chrono::duration_cast<std::chrono::milliseconds>(now - connection.opened));
    const Reopening again{now + (turned_away ? pause_after_refusal : std::chrono::seconds{0}),
                          connection.kind, connection.number};
    const auto place =
        std::upper_bound(waiting_.begin(), waiting_.end(), again,
                         [](const auto& left, const auto& right) { return left.at > right.at; });
    waiting_.insert(place, again);
}

} // namespace portrait::testing
