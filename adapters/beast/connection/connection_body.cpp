#include "connection/connection.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace portrait::http {
namespace {

constexpr std::uint64_t framing_per_byte = 8;         // chunks of one byte each take five
constexpr std::size_t chunk_read_size = 16ULL * 1024; // beside the budget
// At a time: bytes are charged after they were read, and one fast client must not occupy its thread.
constexpr std::size_t body_read_size = 256ULL * 1024;
constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

std::span<const std::byte> bytes_of(net::const_buffer buffer) noexcept {
    return {static_cast<const std::byte*>(buffer.data()), buffer.size()};
}

bool has_control_character(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char letter) {
        return (static_cast<unsigned char>(letter) < ' ' && letter != '\t') || letter == '\x7f';
    });
}

// The parser accepts a bare line feed within a line; other servers take it for the line's end.
bool has_bare_line_feed(std::string_view text) noexcept {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
        if (at == 0 || text[at - 1] != '\r')
            return true;
    return false;
}

Problem too_many_bytes_in_flight() {
    return try_again("service.body_bytes_in_flight",
                     "Too many request bodies are being received at present; try again");
}

} // namespace

std::size_t CollectedBody::reader::put(net::const_buffer buffer, beast::error_code& error) {
    if (!body_.charge->add(buffer.size())) {
        body_.over_budget = true;
        error = beast::http::error::buffer_overflow;
        return 0;
    }
    const std::size_t taken = body_.buffer->append(bytes_of(buffer));
    if (taken < buffer.size())
        error = beast::http::error::body_limit;
    return taken;
}

// Reads the whole body into `body_`, after `100 Continue` if the client expects it.
Awaitable<Connection::Arrival> Connection::read_body(std::uint64_t limit) {
    const std::optional<std::uint64_t> declared = exchange_->head.content_length;
    if (declared.value_or(0) > limit)
        co_return refuse(body_too_large(limit, declared));
    if (declared && !exchange_->charge.has_room_for(*declared)) {
        // Refused before a client that waits for 100 Continue sends it.
        co_return refuse(too_many_bytes_in_flight());
    }
    if (expects_continue_ && buffer_.size() == 0 && !co_await send_continue())
        co_return Arrival::closed;
    body_.emplace(declared, limit);
    if (declared)
        co_return co_await read_declared_body(*declared);
    co_return co_await read_chunked_body(limit);
}

// Bytes that came with the head are copied; the rest is read directly into the body's memory.
Awaitable<Connection::Arrival> Connection::read_declared_body(std::uint64_t length) {
    set_deadline(shared_->options.body_timeout + time_for(length));
    const std::size_t buffered = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), length));
    if (!exchange_->charge.add(buffered))
        co_return refuse(too_many_bytes_in_flight());
    body_->append(bytes_of(buffer_.data()).first(buffered));
    buffer_.consume(buffered);
    request_bytes_ = buffered;
    buffer_.shrink_to_fit(); // thousands of bodies may come at a time
    while (body_->size() < length) {
        const std::span<std::byte> room = body_->prepare();
        beast::error_code error;
        const std::size_t count =
            co_await stream_.read_now(net::buffer(room.data(), std::min(room.size(), body_read_size)), error);
        if (expired_)
            co_return refuse_timeout("The request's body didn't arrive in time");
        if (error)
            co_return body_cut_short(error);
        request_bytes_ += count;
        if (!exchange_->charge.add(count))
            co_return refuse(too_many_bytes_in_flight());
        body_->commit(count);
    }
    co_return Arrival::complete;
}

Awaitable<Connection::Arrival> Connection::read_chunked_body(std::uint64_t limit) {
    auto& parser = *exchange_->parser;
    parser.body_limit(limit);
    parser.eager(true);
    parser.get().body() = {&*body_, &exchange_->charge, false};
    auto check_extension = [](std::uint64_t, beast::string_view text, beast::error_code& error) {
        if (has_control_character({text.data(), text.size()}))
            error = beast::http::error::bad_chunk_extension;
    };
    parser.on_chunk_header(check_extension);
    const SteadyTime began = std::chrono::steady_clock::now();
    std::uint64_t on_the_wire = 0;
    set_deadline(shared_->options.body_timeout);
    for (;;) {
        beast::error_code error;
        if (buffer_.size() != 0) {
            const std::size_t used = parser.put(buffer_.data(), error);
            buffer_.consume(used);
            on_the_wire += used;
            request_bytes_ = body_->size();
            if (error && error != beast::http::error::need_more)
                co_return chunk_failed(error, limit);
            if (on_the_wire - body_->size() >
                2ULL * shared_->options.header_limit + framing_per_byte * body_->size())
                co_return refuse(malformed("chunk extensions, leading zeros or trailers outweigh the body"));
            if (parser.is_done())
                co_return Arrival::complete;
            // The rest is a part of a chunk's line or of the trailers.
            if (has_bare_line_feed({static_cast<const char*>(buffer_.data().data()), buffer_.size()}))
                co_return refuse(malformed("A line of a chunk doesn't end in CR LF"));
            if (buffer_.size() > shared_->options.header_limit)
                co_return refuse(malformed("The size line of a chunk or the trailers are too long"));
        }
        const std::size_t count = co_await stream_.read_now(buffer_.prepare(chunk_read_size), error);
        if (expired_)
            co_return refuse_timeout("The request's body didn't arrive in time");
        if (error)
            co_return body_cut_short(error);
        buffer_.commit(count);
        // No length was declared, so every byte received extends the deadline.
        deadline_ = began + shared_->options.body_timeout + time_for(body_->size());
    }
}

Connection::Arrival Connection::chunk_failed(const beast::error_code& error, std::uint64_t limit) {
    if (exchange_->parser->get().body().over_budget)
        return refuse(too_many_bytes_in_flight());
    if (error == beast::http::error::body_limit)
        return refuse(body_too_large(limit, std::nullopt));
    return refuse(malformed("The chunked body is malformed"));
}

// A client that has only closed its sending direction may still read the answer.
Connection::Arrival Connection::body_cut_short(const beast::error_code& error) {
    if (error != net::error::eof)
        return Arrival::closed;
    return refuse(malformed("The request's body ended before it was complete"));
}

// Discards the body of a request that is answered already; false when the connection is over.
Awaitable<bool> Connection::discard(std::uint64_t bytes) {
    set_deadline(shared_->options.body_timeout);
    for (;;) {
        const std::size_t buffered = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), bytes));
        buffer_.consume(buffered);
        bytes -= buffered;
        if (bytes == 0)
            co_return true;
        beast::error_code error;
        const std::size_t count = co_await stream_.read_some(buffer_.prepare(chunk_read_size), error);
        if (error || expired_)
            co_return false;
        buffer_.commit(count);
    }
}

Awaitable<bool> Connection::send_continue() {
    set_deadline(shared_->options.write_timeout);
    beast::error_code error;
    const Stream::Pieces pieces{net::buffer(continue_text)};
    co_await stream_.write(pieces, error);
    co_return !error;
}

} // namespace portrait::http
