#pragma once

#include "connection/exchange.hpp"
#include "server/io_thread.hpp"
#include "server/reader_watch.hpp"
#include "server/server_shared.hpp"
#include "server/stream.hpp"

#include <portrait/http/async_handle.hpp>
#include <portrait/http/request_framing.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace portrait::http {

/// One connection: reads requests, asks the endpoint, writes answers in order. Lives on one io thread.
class Connection final : public ServedConnection {
public:
    /// With a context it speaks TLS.
    Connection(std::shared_ptr<ServerShared> shared, std::shared_ptr<IoThread> io_thread, Socket socket,
               const net::ip::address& remote_address, std::shared_ptr<const TlsContext> tls);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() override;

    /// Serves until the connection ends, and owns it until then. A rejected one gets 503 to any request.
    /// After an exception the connection is over.
    Awaitable<void> run(std::shared_ptr<Connection> self, bool rejected);

    bool check(SteadyTime now) override;
    void begin_drain() override;
    void cut() override;

private:
    enum class Arrival { complete, closed, refused };

    /// Closes the connection when its client receives too slowly.
    void watch_reader(SteadyTime now);

    // connection_opening.cpp: before the first request
    Awaitable<bool> open();
    Awaitable<void> answer_plain_http();
    bool address_is_full() const noexcept;
    Awaitable<void> reject();

    // connection.cpp: one request
    void begin_waiting();
    void end_waiting();
    Awaitable<bool> serve_one();
    void forget_request();
    void start_exchange();
    void release_workspace();
    void acquire_workspace();
    bool accept_head();
    Awaitable<bool> give_up();
    Awaitable<Arrival> take_body(ImageBytes& body);
    template<class Value>
    Awaitable<bool> completes(StartedCall<Value>& call);
    void abandon_call(const beast::error_code& error);
    bool has_body() const noexcept;
    bool has_short_body() const noexcept;

    // connection_head.cpp: its head
    Awaitable<Arrival> read_head();
    std::optional<Arrival> parse_head();
    void fill_head();
    void take_forwarded();

    // connection_body.cpp: its body
    Awaitable<Arrival> read_body(std::uint64_t limit);
    Awaitable<Arrival> read_declared_body(std::uint64_t length);
    Awaitable<Arrival> read_chunked_body(std::uint64_t limit);
    Arrival body_cut_short(const beast::error_code& error);
    Arrival chunk_failed(const beast::error_code& error, std::uint64_t limit);
    Awaitable<bool> discard(std::uint64_t bytes);
    Awaitable<bool> send_continue();

    // connection_stream.cpp: a body that is produced while it is sent
    Awaitable<bool> write_pieces(const std::shared_ptr<BodyProducer>& producer, bool chunked,
                                 std::uint64_t& written);
    Awaitable<std::optional<std::string>> next_piece(const std::shared_ptr<BodyProducer>& producer);

    // connection_answer.cpp: its answer
    Awaitable<bool> answer(Response&& made, bool keep);
    Awaitable<bool> answer_refused();
    Response refusal() const;
    void replace_without_room(Response& response);
    void log_access(std::uint64_t response_bytes) const;
    Awaitable<void> linger();

    Arrival refuse(Problem problem);
    void refuse_failure(std::string_view cause);
    Arrival refuse_timeout(std::string message);
    void share_with(const std::shared_ptr<AddressShare>& share);
    void set_deadline(std::chrono::milliseconds from_now);
    std::chrono::milliseconds time_for(std::uint64_t bytes) const noexcept;

    const std::shared_ptr<ServerShared> shared_;
    const std::shared_ptr<IoThread> io_thread_;
    Stream stream_;
    net::cancellation_signal give_up_waiting_; ///< for the endpoint
    bool waiting_ = false;                     ///< for the endpoint
    const std::string remote_address_;         ///< of the peer, which may be a proxy
    const bool is_trusted_proxy_;
    const std::shared_ptr<AddressShare> share_; ///< of the peer
    beast::flat_buffer buffer_;                 ///< received, not yet used

    SteadyTime deadline_ = SteadyTime::max();
    bool expired_ = false;                      ///< since the deadline was set
    bool idle_ = false;                         ///< between requests
    bool answering_ = false;                    ///< an answer is being written
    bool sending_ = false;                      ///< written bytes may be unacknowledged
    std::unique_ptr<ReaderWatch> reader_watch_; ///< while bytes are unacknowledged
    std::uint32_t served_ = 0;

    // of the present request
    std::shared_ptr<ConnectionExchange> exchange_;
    SteadyTime started_;
    std::optional<HeadScanner> scanner_;
    std::size_t scanned_ = 0;           ///< bytes at the front of `buffer_` that were scanned
    std::optional<SteadyTime> arrived_; ///< with its body
    /// Counts the request as in flight from its head to the end of its answer.
    class InFlight {
    public:
        explicit InFlight(std::atomic<std::uint64_t>& count) noexcept
            : count_{count} {
            count_.fetch_add(1, std::memory_order_relaxed);
        }
        ~InFlight() { count_.fetch_sub(1, std::memory_order_relaxed); }
        InFlight(const InFlight&) = delete;
        InFlight& operator=(const InFlight&) = delete;

    private:
        std::atomic<std::uint64_t>& count_;
    };
    std::optional<InFlight> in_flight_;
    std::size_t head_bytes_ = 0;
    bool head_complete_ = false;
    bool expects_continue_ = false;
    std::uint64_t request_bytes_ = 0;
    std::optional<Admission> admission_;
    std::string principal_;
    std::string request_id_;
    std::unique_ptr<Problem> problem_;
    std::optional<BodyBuffer> body_;
    std::string head_text_;
};

// Waits until the endpoint has completed the call. False when `check` or `cut` has ended the waiting; then
// `give_up` has to follow.
template<class Value>
Awaitable<bool> Connection::completes(StartedCall<Value>& call) {
    beast::error_code error = call.error();
    if (!call.completed()) {
        set_deadline(shared_->options.handler_timeout);
        waiting_ = true;
        co_await call.async_wait(
            net::bind_cancellation_slot(give_up_waiting_.slot(), net::redirect_error(use_awaitable, error)));
        waiting_ = false;
    }
    if (error)
        abandon_call(error);
    co_return !error;
}

} // namespace portrait::http
