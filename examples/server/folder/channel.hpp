#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace portrait_server {

/// One end of a connection over the control socket: sends, and receives lines. No call waits beyond its
/// deadline, so that a peer that is stopped keeps no thread. For one thread, except `shut_down`.
class Channel {
public:
    using Clock = std::chrono::steady_clock;
    using Deadline = Clock::time_point;
    /// Returned true, it ends the wait of a call.
    using Stop = std::function<bool()>;

    static constexpr Deadline no_deadline = Deadline::max();

    /// Owns the connected socket.
    explicit Channel(int socket) noexcept
        : socket_{socket} {}
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel();

    /// Sends the whole text, with a copy of an open file's descriptor unless that is negative. False when the
    /// peer has closed, and after the deadline: then a part may be sent.
    [[nodiscard]] bool send(std::string_view text, Deadline deadline, int descriptor = -1);

    /// Whether the peer is there, and whether a line of some hundred bytes can be sent without waiting.
    struct Peer {
        bool connected = false;
        bool ready = false;
    };
    Peer peer() const noexcept;

    /// The next line without its end; absent when the peer has closed, after the deadline, when `stop`
    /// returned true, or when the line has more than `max_line` bytes with its end.
    [[nodiscard]] std::optional<std::string> line(std::size_t max_line, Deadline deadline,
                                                  const Stop& stop = {});

    /// Fills the buffer with the bytes that follow the last line. False when the peer has closed, and after
    /// the deadline.
    [[nodiscard]] bool receive_all(std::span<std::byte> buffer, Deadline deadline);

    /// The last descriptor that came with the lines so far, which the caller owns; -1 when none came.
    int take_descriptor() noexcept { return std::exchange(descriptor_, -1); }

    /// Ends the connection: the calls of both ends return now. From any thread.
    void shut_down() noexcept;

private:
    bool wait(short event, Deadline deadline, const Stop& stop) const;
    /// The count of `recv`. Keeps one of the descriptors that come with the bytes.
    [[nodiscard]] std::ptrdiff_t receive(std::span<char> buffer);

    const int socket_;
    std::string received_;
    int descriptor_ = -1;
};

} // namespace portrait_server
