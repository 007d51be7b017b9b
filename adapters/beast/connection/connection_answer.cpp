#include "connection/connection.hpp"

#include "connection/response_head.hpp"

#include <portrait/http/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portrait::http {
namespace {

// Closing a socket with unread bytes resets the connection, and the reset may overtake the answer. So the
// sending direction is closed first, and incoming bytes are discarded for a while.
constexpr std::chrono::seconds linger_silence{2};
constexpr std::chrono::seconds linger_limit{10};
constexpr std::uint64_t linger_bytes = 64ULL << 20;

} // namespace

Connection::Arrival Connection::refuse(Problem problem) {
    problem_ = std::make_unique<Problem>(std::move(problem));
    if (body_) {
        // Released before the answer is written: other bodies need the room.
        body_.reset();
        exchange_->charge.release();
    }
    return Arrival::refused;
}

Connection::Arrival Connection::refuse_timeout(std::string message) {
    return refuse({.status = 408, .rule = "request.timeout", .message = std::move(message)});
}

void Connection::refuse_failure(std::string_view cause) {
    shared_->event(Severity::error, fmt::format("A request failed: {}", cause), request_id_);
    refuse({.rule = "internal", .message = "Internal error", .cause = std::string{cause}});
}

Response Connection::refusal() const {
    if (admission_)
        return shared_->endpoint->refuse(*problem_, *admission_);
    Response response = shared_->endpoint->refuse(*problem_, head_complete_ ? &exchange_->head : nullptr);
    if (!request_id_.empty())
        response.set("X-Request-Id", request_id_);
    return response;
}

// Replaces an answer whose body was dropped, since there was no room for it.
void Connection::replace_without_room(Response& response) {
    if (!exchange_->no_room)
        return;
    if (const auto* const id = response.find("X-Request-Id"))
        request_id_ = *id;
    problem_ = std::make_unique<Problem>(
        try_again("service.answer_bytes_in_flight", "Too many answers are being sent at present; try again"));
    Response refused = refusal();
    problem_.reset();
    refused.principal = std::move(response.principal);
    refused.route = response.route;
    response = std::move(refused);
}

// Answers with the problem and closes; always false.
Awaitable<bool> Connection::answer_refused() {
    co_return co_await answer(refusal(), false);
}

// Writes the answer; with `keep`, and when neither side wants to close, the connection stays and the result
// is true.
Awaitable<bool> Connection::answer(Response&& made, bool keep) {
    Response& response = exchange_->response;
    response = std::move(made);
    const bool to_head = head_complete_ && exchange_->head.method == "HEAD";
    const std::optional<std::uint64_t> length = response.length();
    const std::string_view body = to_head || !length ? std::string_view{} : response.body_text();
    const bool wrong_length = !to_head && response.producer() == nullptr && length && *length != body.size();
    const bool unbounded =
        response.producer() != nullptr && !length && exchange_->parser->get().version() == 10;
    const bool keep_alive = keep && head_complete_ && exchange_->parser->keep_alive() && !response.close &&
                            !wrong_length && !unbounded && !shared_->draining &&
                            served_ < shared_->options.requests_per_connection;
    const auto* const held = std::get_if<std::shared_ptr<BodyProducer>>(&response.body);
    const auto producer = to_head || held == nullptr ? nullptr : *held;
    ResponseFraming framing;
    framing.chunked = producer != nullptr && !length && exchange_->parser->get().version() != 10;
    framing.close = !keep_alive;
    framing.keep_alive = keep_alive && exchange_->parser->get().version() == 10;
    framing.date = io_thread_->date();
    framing.transport_security = stream_.is_secure() ? shared_->transport_security : std::string_view{};
    write_response_head(response, framing, head_text_);

    answering_ = true;
    sending_ = true;
    set_deadline(shared_->options.write_timeout + time_for(body.size()));
    beast::error_code error;
    const Stream::Pieces pieces{net::buffer(std::as_const(head_text_)),
                                net::buffer(body.data(), body.size())};
    std::size_t written = stream_.write_now(pieces);
    if (written < head_text_.size() + body.size())
        written += co_await stream_.write(Stream::rest_of(pieces, written), error);
    std::uint64_t body_written = written - std::min(written, head_text_.size());
    bool whole = !error;
    if (producer != nullptr && !error) {
        whole = co_await write_pieces(producer, framing.chunked, body_written) &&
                (!length || *length == body_written);
    }
    answering_ = false;
    log_access(body_written);
    if (!exchange_->abandoned) {
        exchange_->charge.release();
        exchange_->answer.release();
        exchange_->piece_charge.release();
    }
    response = {};
    in_flight_.reset();
    if (!whole)
        co_return false;
    if (!keep_alive)
        co_await linger();
    co_return keep_alive;
}

void Connection::log_access(std::uint64_t response_bytes) const {
    if (!shared_->log)
        return;
    const Response& response = exchange_->response;
    const auto* const request_id = response.find("X-Request-Id");
    AccessRecord record;
    record.request_id = request_id == nullptr ? std::string_view{} : *request_id;
    record.remote_address = exchange_->remote_address;
    record.principal = response.principal.empty() ? principal_ : response.principal;
    LoggedFields fields;
    if (head_complete_) {
        fields = logged_fields(exchange_->head);
        record.application = fields.application;
        record.trace_parent = fields.trace_parent;
        record.method = exchange_->head.method;
        record.path = exchange_->head.target.substr(0, exchange_->head.target.find('?'));
    }
    record.status = response.status;
    record.request_bytes = request_bytes_;
    record.response_bytes = response_bytes;
    record.route = response.route;
    record.rule = response.rule;
    if (arrived_)
        record.received = std::chrono::duration_cast<std::chrono::microseconds>(*arrived_ - started_);
    record.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
    shared_->log->access(record);
}

Awaitable<void> Connection::linger() {
    stream_.end_sending();
    beast::error_code error;
    const SteadyTime end = std::chrono::steady_clock::now() + linger_limit;
    buffer_.clear();
    buffer_.shrink_to_fit();
    for (std::uint64_t discarded = 0; !error && discarded < linger_bytes;) {
        set_deadline(linger_silence);
        deadline_ = std::min(deadline_, end);
        discarded += co_await stream_.discard_some(net::buffer(io_thread_->discarded), error);
    }
}

} // namespace portrait::http
