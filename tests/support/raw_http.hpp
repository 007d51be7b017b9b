#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A small blocking HTTP/1.1 client on plain sockets, which can send invalid requests.
namespace portrait::testing {

using RawFields = std::vector<std::pair<std::string, std::string>>;

struct RawResponse {
    std::string version; ///< such as `HTTP/1.1`
    unsigned status = 0;
    std::string reason;
    RawFields fields; ///< in the order received
    std::string body; ///< decoded when it came in chunks

    /// The first field of that name in any case; null when there is none.
    const std::string* find(std::string_view name) const noexcept;
    /// The first field of that name in any case; empty when there is none.
    std::string field(std::string_view name) const;
    /// The number of fields of that name.
    std::size_t count(std::string_view name) const noexcept;
};

/// One connection. Failures, and a silence longer than `patience`, throw `std::runtime_error`. Not
/// thread-safe.
class RawConnection {
public:
    /// `host` is an IPv4 or IPv6 address; `from` is the IPv4 address to connect from, such as 127.0.0.7, by
    /// default the system's choice.
    explicit RawConnection(std::uint16_t port, const std::string& host = "127.0.0.1",
                           std::chrono::milliseconds patience = std::chrono::seconds{20},
                           const std::string& from = {});
    RawConnection(RawConnection&& other) noexcept;
    RawConnection& operator=(RawConnection&& other) noexcept;
    ~RawConnection();

    /// Sends all of it.
    void send(std::string_view bytes);
    /// Sends as much as the peer accepts; returns whether that was all.
    bool try_send(std::string_view bytes);
    /// Closes the sending direction.
    void finish_sending();
    /// Closes; with `reset` the peer sees a connection reset.
    void close(bool reset = false) noexcept;

    /// Reads one whole answer. An answer to HEAD has no body whatever its length says. 1xx answers are
    /// returned like others.
    RawResponse read_response(bool to_head = false);
    /// At least one received byte; empty after the peer has closed.
    std::string read_some();
    /// Drops at most `count` received bytes; returns their number.
    std::size_t read_at_most(std::size_t count);
    /// Everything up to the peer's close. Throws when the peer resets.
    std::string read_until_close();
    /// Waits until the peer closes (true) or sends something (false). A reset counts as a close.
    bool wait_for_close();
    /// Whether bytes (or a close) arrive within `patience`.
    bool readable_within(std::chrono::milliseconds patience);

private:
    bool fill();
    std::string take_line();
    std::string take(std::size_t count);
    std::string take_chunked();
    RawResponse parse_head();

    int socket_ = -1;
    std::chrono::milliseconds patience_;
    std::string received_;
};

/// The text of a request. `Host` is added when `fields` has none, `Content-Length` when there is a body and
/// neither it nor `Transfer-Encoding` is given.
std::string request_text(std::string_view method, std::string_view target, const RawFields& fields = {},
                         std::string_view body = {});

/// `Basic …` of a user and a password, for `Authorization`.
std::string basic_authorization(std::string_view user, std::string_view password);

/// One request on a connection of its own.
RawResponse fetch(std::uint16_t port, std::string_view method, std::string_view target,
                  const RawFields& fields = {}, std::string_view body = {});

/// The bytes as HTTP chunks of at most `chunk_size`, with the last chunk.
std::string chunked(std::string_view body, std::size_t chunk_size);

} // namespace portrait::testing
