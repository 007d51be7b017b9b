#include "connection/connection.hpp"

#include <portrait/http/forwarded.hpp>

#include <boost/beast/http/error.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace portrait::http {
namespace {

constexpr std::size_t head_read_size = 4096; // at a time; most heads fit

Problem problem_of_head(const beast::error_code& error, std::uint32_t limit) {
    if (error == beast::http::error::header_limit) {
        return limit_problem(431, "request.header_too_large",
                             "The request line and fields are larger than the " + std::to_string(limit) +
                                 " bytes accepted, or one field than 65533",
                             std::nullopt, limit);
    }
    if (error == beast::http::error::bad_method || error == beast::http::error::bad_target ||
        error == beast::http::error::bad_version)
        return malformed("The request line is not that of an HTTP/1.0 or HTTP/1.1 request");
    if (error == beast::http::error::bad_content_length ||
        error == beast::http::error::multiple_content_length)
        return malformed("Content-Length is not one decimal number");
    if (error == beast::http::error::bad_transfer_encoding)
        return malformed("The request declares its body's length in more than one way");
    return malformed("A header field of the request is malformed");
}

} // namespace

Awaitable<Connection::Arrival> Connection::read_head() {
    for (;;) {
        if (buffer_.size() != 0) {
            if (const auto arrival = parse_head())
                co_return *arrival;
        }
        if (shared_->cutting)
            co_return Arrival::closed;
        beast::error_code error;
        const net::mutable_buffer room = buffer_.prepare(head_read_size);
        std::size_t count = 0;
        if (stream_.is_secure())
            count = co_await stream_.read_some(room, error);
        else
            std::tie(error, count) = co_await stream_.read_plain(room);
        if (expired_)
            co_return refuse_timeout("The request's head didn't arrive in time");
        if (error)
            co_return Arrival::closed;
        buffer_.commit(count);
    }
}

// Parses the received bytes; nothing when more are needed.
std::optional<Connection::Arrival> Connection::parse_head() {
    auto& parser = *exchange_->parser;
    const auto letters = static_cast<const char*>(buffer_.data().data());
    if (head_bytes_ == 0 && letters[0] == '\r' && (buffer_.size() == 1 || letters[1] == '\n')) {
        // RFC 9112 section 2.2: one empty line before the request line is ignored.
        if (buffer_.size() == 1)
            return std::nullopt;
        buffer_.consume(2);
        head_bytes_ += 2;
        if (buffer_.size() == 0)
            return std::nullopt;
    }
    const std::string_view received{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    if (auto problem = scanner_->scan(received.substr(std::exchange(scanned_, received.size()))))
        return refuse(*std::move(problem));
    beast::error_code error;
    std::size_t used = 0;
    try {
        used = parser.put(buffer_.data(), error);
    } catch (const std::length_error&) { // a single field of more than the parser's 64 KiB
        error = beast::http::error::header_limit;
    }
    OPENSSL_cleanse(buffer_.data().data(), used); // the parser has a copy of these bytes
    buffer_.consume(used);
    scanned_ -= std::min(used, scanned_);
    head_bytes_ += used;
    const std::uint32_t limit = shared_->options.header_limit;
    // The parser limits the request line and the fields separately; their sum is limited here.
    if (head_bytes_ > limit ||
        (error == beast::http::error::need_more && head_bytes_ + buffer_.size() > limit))
        error = beast::http::error::header_limit;
    if (error == beast::http::error::need_more)
        return std::nullopt;
    if (error)
        return refuse(problem_of_head(error, limit));
    if (!parser.is_header_done())
        return std::nullopt;
    head_complete_ = true;
    return Arrival::complete;
}

void Connection::fill_head() {
    const auto& message = exchange_->parser->get();
    RequestHead& head = exchange_->head;
    head.method = message.method_string();
    head.target = message.target();
    for (const auto& field : message)
        head.fields.push_back({field.name_string(), field.value()});
    if (const auto length = exchange_->parser->content_length())
        head.content_length = *length;
    head.chunked = exchange_->parser->chunked();
    head.secure = stream_.is_secure();
    if (is_trusted_proxy_)
        take_forwarded();
    head.remote_address = exchange_->remote_address;
    head.stop = exchange_->stop.get_token();
}

// Takes the client's address and scheme, and the host that it has asked for, from the proxy's fields.
void Connection::take_forwarded() {
    const Forwarded client = forwarded(exchange_->head, shared_->options.trusted_proxies);
    if (client.is_malformed) {
        shared_->event(Severity::debug,
                       fmt::format("The proxy {} sent a malformed X-Forwarded-For, -Proto or -Host; "
                                   "it is ignored",
                                   remote_address_));
    }
    exchange_->head.secure = client.secure.value_or(stream_.is_secure());
    exchange_->head.forwarded_host = client.host;
    if (client.client) {
        exchange_->remote_address = client.client->to_string();
        share_with(shared_->shares.share_of(client_network(exchange_->remote_address)));
    }
}

} // namespace portrait::http
