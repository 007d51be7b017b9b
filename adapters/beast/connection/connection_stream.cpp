#include "connection/connection.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

// Asks for the next piece; an empty text at the end, nothing when there won't be one.
Awaitable<std::optional<std::string>> Connection::next_piece(const std::shared_ptr<BodyProducer>& producer) {
    auto call = start_next(
        producer, [exchange = exchange_](result<BodyProducer::Piece>& made) { exchange->count(made); });
    if (!co_await completes(call))
        co_return std::nullopt;
    result<BodyProducer::Piece>& piece = call.value();
    if (!piece) {
        shared_->event(
            exchange_->stop.stop_requested() ? Severity::debug : Severity::error,
            fmt::format("an answer was cut short: {}: {}", piece.error().message(), piece.error().cause()),
            request_id_);
        co_return std::nullopt;
    }
    co_return (*std::move(piece)).value_or(std::string{});
}

// Writes the body piece by piece; false when it can't be finished, and then the connection has to be cut, so
// that the client doesn't take what it got for all.
Awaitable<bool> Connection::write_pieces(const std::shared_ptr<BodyProducer>& producer, bool chunked,
                                         std::uint64_t& written) {
    for (;;) {
        const auto piece = co_await next_piece(producer);
        if (!piece)
            co_return false;
        const std::string before = !chunked ? std::string{} : fmt::format("{:x}\r\n", piece->size());
        const std::string_view after = chunked ? "\r\n" : "";
        set_deadline(shared_->options.write_timeout + time_for(piece->size()));
        beast::error_code error;
        const Stream::Pieces pieces{net::buffer(before), net::buffer(*piece),
                                    net::buffer(after.data(), after.size())};
        co_await stream_.write(pieces, error);
        if (error)
            co_return false;
        written += piece->size();
        if (piece->empty())
            co_return true; // the last chunk is the one of length 0
    }
}

} // namespace portrait::http
