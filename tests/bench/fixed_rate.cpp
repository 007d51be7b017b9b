// Sends requests at a fixed rate over keep-alive connections and prints the times of the answers as JSON. A
// time begins at the moment for which the request was planned, not when it was sent: a late answer also
// delays the requests behind it, and their waiting counts. Bodies of answers are discarded in the kernel, so
// that little processor time is taken from the server. usage: portrait_fixed_rate PORT RATE SECONDS
// CONNECTIONS STATUS HEADS [BODY...]
//   STATUS   what the status of each answer begins with, such as 304, or 20 for 200, 201 and 204
//   HEADS    a file of heads of requests, sent in turn
//   BODY     files, one of which follows each head, in turn with each pass over HEADS

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t threads = 2;
constexpr std::size_t most_head_bytes = 8192;

[[noreturn]] void fail(std::string_view what) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(1);
}

void require(bool holds, const char* what) {
    if (!holds)
        fail(std::string{what} + ": " + std::strerror(errno));
}

std::string content_of(const char* path) {
    std::ifstream file{path, std::ios::binary};
    require(file.good(), path);
    return {std::istreambuf_iterator<char>{file}, {}};
}

struct Load {
    std::uint16_t port = 0;
    std::chrono::nanoseconds interval{}; // between the requests of one thread
    std::size_t requests = 0;            // of one thread
    std::size_t connections = 0;         // of one thread
    std::string status;
    std::vector<std::string> heads;
    std::vector<std::string> bodies;
};

struct Connection {
    int socket = -1;
    Clock::time_point planned;
    std::string_view head; // what is left to send of the request
    std::string_view body;
    std::string answer;         // the answer's head, until it is complete
    std::size_t body_bytes = 0; // what is left of the answer's body
    bool in_body = false;
    bool closes = false;
};

/// One thread's part of the load.
class Lane {
public:
    Lane(const Load& load, Clock::time_point start, std::size_t first_head)
        : load_{load}
        , start_{start}
        , first_head_{first_head}
        , connections_(load.connections) {
        times_.reserve(load.requests);
        delays_.reserve(load.requests);
        for (auto& connection : connections_) {
            open(connection);
            idle_.push_back(&connection);
        }
    }

    void run() {
        std::array<epoll_event, 64> events{};
        while (times_.size() < load_.requests) {
            send_due();
            const bool all_busy = idle_.empty() || sent_ == load_.requests;
            const auto wait = std::max(moment_of(sent_) - Clock::now(), Clock::duration{});
            const timespec limit{.tv_sec = wait / std::chrono::seconds{1},
                                 .tv_nsec = wait.count() % 1'000'000'000};
            const int count =
                ::epoll_pwait2(epoll_, events.data(), events.size(), all_busy ? nullptr : &limit, nullptr);
            require(count >= 0, "epoll_pwait2");
            for (int index = 0; index < count; ++index) {
                auto& connection =
                    *static_cast<Connection*>(events[static_cast<std::size_t>(index)].data.ptr);
                write(connection);
                read(connection);
            }
        }
    }

    const std::vector<std::int64_t>& times() const { return times_; }
    const std::vector<std::int64_t>& delays() const { return delays_; }
    std::uint64_t body_bytes() const { return body_bytes_; }
    Clock::time_point end() const { return end_; }

private:
    Clock::time_point moment_of(std::size_t request) const {
        return start_ + load_.interval * static_cast<std::int64_t>(request);
    }

    void open(Connection& connection) {
        if (connection.socket >= 0)
            ::close(connection.socket);
        connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        const int on = 1;
        ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(load_.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        require(::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
                "connect");
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = &connection}};
        require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) == 0, "epoll_ctl");
    }

    void send_due() {
        while (sent_ < load_.requests && !idle_.empty()) {
            const auto now = Clock::now();
            if (moment_of(sent_) > now)
                return;
            auto& connection = *idle_.front();
            idle_.pop_front();
            const auto number = first_head_ + sent_;
            connection.planned = moment_of(sent_++);
            connection.head = load_.heads[number % load_.heads.size()];
            if (!load_.bodies.empty())
                connection.body = load_.bodies[number / load_.heads.size() % load_.bodies.size()];
            delays_.push_back((now - connection.planned).count());
            write(connection);
        }
    }

    void write(Connection& connection) {
        while (!connection.head.empty() || !connection.body.empty()) {
            std::array parts{iovec{const_cast<char*>(connection.head.data()), connection.head.size()},
                             iovec{const_cast<char*>(connection.body.data()), connection.body.size()}};
            const msghdr message{.msg_name = nullptr,
                                 .msg_namelen = 0,
                                 .msg_iov = parts.data(),
                                 .msg_iovlen = 2,
                                 .msg_control = nullptr,
                                 .msg_controllen = 0,
                                 .msg_flags = 0};
            const auto count = ::sendmsg(connection.socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count < 0 && errno == EAGAIN)
                return;
            require(count > 0, "sendmsg");
            const auto of_head = std::min(connection.head.size(), static_cast<std::size_t>(count));
            connection.head.remove_prefix(of_head);
            connection.body.remove_prefix(static_cast<std::size_t>(count) - of_head);
        }
    }

    void read(Connection& connection) {
        std::array<char, most_head_bytes> bytes;
        for (;;) {
            const auto count =
                connection.in_body
                    ? ::recv(connection.socket, nullptr, connection.body_bytes, MSG_TRUNC | MSG_DONTWAIT)
                    : ::recv(connection.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (count < 0 && errno == EAGAIN)
                return;
            require(count >= 0, "recv");
            if (count == 0)
                return reopen(connection);
            if (connection.in_body)
                connection.body_bytes -= static_cast<std::size_t>(count);
            else
                read_head(connection, {bytes.data(), static_cast<std::size_t>(count)});
            if (connection.in_body && connection.body_bytes == 0)
                return complete(connection);
        }
    }

    void read_head(Connection& connection, std::string_view bytes) {
        auto& answer = connection.answer.append(bytes);
        const auto end = answer.find("\r\n\r\n");
        if (end == std::string::npos)
            return;
        const std::size_t body_begin = end + 4;
        connection.in_body = true;
        connection.body_bytes = 0;
        if (const char* length = ::strcasestr(answer.c_str(), "\r\nContent-Length: ");
            length && !is_not_modified(answer))
            connection.body_bytes = std::strtoull(length + 18, nullptr, 10);
        connection.closes = ::strcasestr(answer.c_str(), "\r\nConnection: close\r\n") != nullptr;
        if (answer.compare(9, load_.status.size(), load_.status) != 0 ||
            answer.size() > body_begin + connection.body_bytes)
            fail("Wrong answer: " + answer.substr(0, body_begin));
        body_bytes_ += connection.body_bytes;
        connection.body_bytes -= answer.size() - body_begin;
    }

    static bool is_not_modified(std::string_view answer) { return answer.substr(9, 3) == "304"; }

    void complete(Connection& connection) {
        end_ = Clock::now();
        times_.push_back((end_ - connection.planned).count());
        connection.in_body = false;
        connection.answer.clear();
        if (connection.closes)
            open(connection);
        idle_.push_back(&connection);
    }

    void reopen(Connection& connection) {
        if (!std::count(idle_.begin(), idle_.end(), &connection))
            fail("The server closed a connection before its answer");
        open(connection);
    }

    const Load& load_;
    Clock::time_point start_;
    std::size_t first_head_;
    Clock::time_point end_ = start_;
    int epoll_ = ::epoll_create1(0);
    std::vector<Connection> connections_;
    std::deque<Connection*> idle_; // in turn, so that all are used at any rate
    std::size_t sent_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::vector<std::int64_t> times_;  // ns from the planned moment to the end of the answer
    std::vector<std::int64_t> delays_; // ns from the planned moment to sending
};

double milliseconds_at(const std::vector<std::int64_t>& sorted, double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return static_cast<double>(sorted[std::min(index, sorted.size() - 1)]) / 1e6;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 7)
        fail("usage: portrait_fixed_rate PORT RATE SECONDS CONNECTIONS STATUS HEADS [BODY...]");
    const double rate = std::atof(argv[2]);
    const double seconds = std::atof(argv[3]);
    Load load{.port = static_cast<std::uint16_t>(std::atoi(argv[1])),
              .interval = std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 * threads / rate)},
              .requests = static_cast<std::size_t>(std::max(1.0, rate * seconds / threads)),
              .connections = static_cast<std::size_t>(std::atoi(argv[4])) / threads,
              .status = argv[5],
              .heads = {},
              .bodies = {}};
    const auto heads = content_of(argv[6]);
    for (std::size_t begin = 0, end = 0; (end = heads.find("\r\n\r\n", begin)) != std::string::npos;
         begin = end + 4)
        load.heads.push_back(heads.substr(begin, end + 4 - begin));
    for (int index = 7; index < argc; ++index)
        load.bodies.push_back(content_of(argv[index]));
    if (load.heads.empty() || load.connections == 0 || rate <= 0)
        fail("A rate, a head and a connection for each thread are needed");

    ::prctl(PR_SET_TIMERSLACK, 1);
    const auto start = Clock::now() + std::chrono::milliseconds{50}; // connections are open by then
    std::vector<Lane> lanes;
    lanes.reserve(threads);
    for (std::size_t index = 0; index < threads; ++index)
        lanes.emplace_back(load, start + load.interval * static_cast<std::int64_t>(index) / threads,
                           index * 97);
    std::vector<std::thread> running;
    for (auto& lane : lanes)
        running.emplace_back([&lane] { lane.run(); });
    for (auto& thread : running)
        thread.join();

    std::vector<std::int64_t> times;
    std::vector<std::int64_t> delays;
    std::uint64_t bytes = 0;
    auto end = start;
    for (const auto& lane : lanes) {
        times.insert(times.end(), lane.times().begin(), lane.times().end());
        delays.insert(delays.end(), lane.delays().begin(), lane.delays().end());
        bytes += lane.body_bytes();
        end = std::max(end, lane.end());
    }
    std::sort(times.begin(), times.end());
    std::sort(delays.begin(), delays.end());
    const std::chrono::duration<double> spent = end - start;
    std::printf(
        R"({"requests": %zu, "seconds": %f, "bytes": %llu, "p50_ms": %f, "p99_ms": %f, "p999_ms": %f, "delay_p99_ms": %f})"
        "\n",
        times.size(), spent.count(), static_cast<unsigned long long>(bytes), milliseconds_at(times, 0.5),
        milliseconds_at(times, 0.99), milliseconds_at(times, 0.999), milliseconds_at(delays, 0.99));
}
