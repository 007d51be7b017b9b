#include "connection/connection.hpp"

#include <boost/asio/dispatch.hpp>

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

// Asks for the next piece; an empty text at the end, nothing when there won't be one.
Awaitable<std::optional<std::string>> Connection::next_piece(BodyProducer& producer) {
    exchange_->piece.reset();
    producer.next([exchange = exchange_, io_thread = io_thread_](result<BodyProducer::Piece> piece) {
        exchange->count(piece);
        net::dispatch(io_thread->context, [exchange, piece = std::move(piece)]() mutable {
            exchange->piece.emplace(std::move(piece));
            exchange->wake();
        });
    });
    co_await wait_for(&Exchange::piece);
    if (!exchange_->piece || problem_) {
        co_return std::nullopt;
    }
    if (!*exchange_->piece) {
        shared_->event(exchange_->stop.stop_requested() ? Severity::debug : Severity::error,
                       fmt::format("an answer was cut short: {}: {}", exchange_->piece->error().message(),
                                   exchange_->piece->error().cause()),
                       request_id_);
        co_return std::nullopt;
    }
    co_return std::move(**exchange_->piece).value_or(std::string{});
}

// Writes the body piece by piece; false when it can't be finished, and then the connection has to be cut, so
// that the client doesn't take what it got for all.
Awaitable<bool> Connection::write_pieces(BodyProducer& producer, bool chunked, std::uint64_t& written) {
    for (;;) {
        const auto piece = co_await next_piece(producer);
        if (!piece) {
            co_return false;
        }
        const std::string before = !chunked ? std::string{} : fmt::format("{:x}\r\n", piece->size());
        const std::string_view after = chunked ? "\r\n" : "";
        set_deadline(shared_->options.write_timeout + time_for(piece->size()));
        beast::error_code error;
        const Stream::Pieces pieces{net::buffer(before), net::buffer(*piece),
                                    net::buffer(after.data(), after.size())};
        co_await stream_.write(pieces, error);
        if (error) {
            co_return false;
        }
        written += piece->size();
        if (piece->empty()) {
            co_return true; // the last chunk is the one of length 0
        }
    }
}

} // namespace portrait::http
