#include "connection/connection.hpp"

#include <fmt/format.h>

#include <utility>

namespace portrait::http {

// Awaits the next piece; empty at the end, nothing after an error.
Awaitable<std::optional<std::string>> Connection::next_piece(const std::shared_ptr<BodyProducer>& producer) {
    auto call = start_next(
        producer, [exchange = exchange_](result<BodyProducer::Piece>& made) { exchange->count(made); });
    if (!co_await completes(call))
        co_return std::nullopt;
    result<BodyProducer::Piece>& piece = call.value();
    if (!piece) {
        shared_->event(
            exchange_->stop.stop_requested() ? Severity::debug : Severity::error,
            fmt::format("An answer was truncated: {}: {}", piece.error().message(), piece.error().cause()),
            request_id_);
        co_return std::nullopt;
    }
    co_return (*std::move(piece)).value_or(std::string{});
}

// Writes the body piece by piece. False when it can't be finished: the connection has to be closed then, so
// that the client detects the truncation.
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
