#include "session.hpp"

#include "request_framing.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/error.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

namespace portrait::http {
namespace {

constexpr std::size_t head_read_size = 4096;       // at a time; most heads fit
constexpr std::uint64_t discard_limit = 64 * 1024; // of a body nobody wants, to keep its connection

std::string network_of(const net::ip::address& address) {
    if (!address.is_v6()) {
        return address.to_string();
    }
    net::ip::address_v6::bytes_type bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return net::ip::address_v6{bytes}.to_string();
}

Problem problem_of_head(const beast::error_code& error, std::uint32_t limit) {
    if (error == beast::http::error::header_limit) {
        Problem problem;
        problem.status = 431;
        problem.rule = "request.header_too_large";
        problem.message =
            "the request line and fields are larger than the " + std::to_string(limit) + " bytes accepted";
        problem.limit = limit;
        return problem;
    }
    if (error == beast::http::error::bad_method || error == beast::http::error::bad_target ||
        error == beast::http::error::bad_version) {
        return malformed("the request line is not that of an HTTP/1.0 or HTTP/1.1 request");
    }
    if (error == beast::http::error::bad_content_length ||
        error == beast::http::error::multiple_content_length) {
        return malformed("Content-Length is not one decimal number");
    }
    if (error == beast::http::error::bad_transfer_encoding) {
        return malformed("the request has more than one way to say its body's length");
    }
    return malformed("a field of the request is malformed");
}

} // namespace

void Exchange::wipe_secrets() noexcept {
    for (const RequestField& field : head.fields) {
        if (equal_ignoring_case(field.name, "Authorization") || equal_ignoring_case(field.name, "Cookie") ||
            equal_ignoring_case(field.name, "SO-AppToken") ||
            equal_ignoring_case(field.name, "X-XSRF-TOKEN")) {
            // The parser's own memory, which nothing else refers to any more.
            OPENSSL_cleanse(const_cast<char*>(field.value.data()), field.value.size());
        }
    }
    head.fields.clear();
}

Session::Session(std::shared_ptr<ServerCore> core, std::shared_ptr<Reactor> reactor, Socket socket,
                 const net::ip::address& remote_address)
    : core_{std::move(core)}
    , reactor_{std::move(reactor)}
    , socket_{std::move(socket)}
    , wake_{reactor_->context, SteadyTime::max()}
    , remote_address_{remote_address.to_string()}
    , share_{core_->budget->share_of(network_of(remote_address))} {
    share_->connections.fetch_add(1, std::memory_order_relaxed);
    reactor_->add(*this);
}

Session::~Session() {
    reactor_->busy(*this);
    share_->connections.fetch_sub(1, std::memory_order_relaxed);
    reactor_->remove(*this);
}

void Session::set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = std::chrono::steady_clock::now() + from_now;
    expired_ = false;
}

std::chrono::milliseconds Session::time_for(std::uint64_t bytes) const noexcept {
    const std::uint64_t rate = std::max<std::uint64_t>(core_->options.body_rate, 1);
    return std::chrono::seconds{static_cast<std::int64_t>(bytes / rate)};
}

void Session::expire_if_due(SteadyTime now) {
    // Again at every look: a cancel misses an operation that has just completed and is followed by another.
    if (now >= deadline_) {
        expired_ = true;
        beast::error_code ignored;
        socket_.cancel(ignored);
        wake_.cancel();
    }
}

void Session::begin_drain() {
    if (idle_) {
        beast::error_code ignored;
        socket_.close(ignored);
    }
}

void Session::cut() {
    beast::error_code ignored;
    socket_.close(ignored);
    wake_.cancel();
}

bool Session::address_is_full() const noexcept {
    const std::uint32_t limit = core_->options.connections_per_address;
    return limit != 0 && share_->connections.load(std::memory_order_relaxed) > limit;
}

Awaitable<void> Session::run() {
    if (address_is_full()) {
        co_return co_await turn_away();
    }
    bool go_on = true;
    while (go_on && !core_->cutting) {
        ++served_;
        go_on = co_await serve_one();
    }
    beast::error_code ignored;
    socket_.close(ignored);
}

// Serves a request; false when the connection is over.
Awaitable<bool> Session::serve_one() {
    start_exchange();
    const Arrival arrival = co_await read_head();
    if (arrival == Arrival::gone) {
        co_return false;
    }
    if (arrival == Arrival::refused) {
        co_return co_await answer_refused();
    }
    core_->requests.fetch_add(1, std::memory_order_relaxed);
    in_flight_.emplace(core_->requests_in_flight);
    fill_head();
    const unsigned minor_version = exchange_->parser->get().version() % 10;
    problem_ = check_framing(exchange_->head, minor_version);
    if (problem_) {
        co_return co_await answer_refused();
    }
    expects_continue_ = expects_continue(exchange_->head, minor_version);
    if (!has_body()) {
        arrived_ = std::chrono::steady_clock::now();
    }
    call_begin();
    co_await wait_for(&Exchange::begun);
    co_return co_await serve_begun();
}

void Session::start_exchange() {
    // Reused unless a completion that nobody waits for any more still refers to it.
    if (!exchange_ || exchange_.use_count() != 1) {
        exchange_ = std::make_shared<Exchange>();
        exchange_->remote_address = remote_address_;
    }
    exchange_->wipe_secrets();
    exchange_->parser.emplace();
    exchange_->parser->header_limit(core_->options.header_limit);
    // The route's limit is known after `begin`; a limit set here would make the head itself fail.
    exchange_->parser->body_limit(boost::none);
    exchange_->head = {};
    exchange_->charge = BodyCharge{share_};
    exchange_->begun.reset();
    exchange_->finished.reset();
    scanner_.emplace(core_->options.target_limit);
    scanned_ = 0;
    head_bytes_ = 0;
    head_complete_ = false;
    expects_continue_ = false;
    request_bytes_ = 0;
    arrived_.reset();
    in_flight_.reset();
    admission_.reset();
    principal_.clear();
    request_id_.clear();
    problem_.reset();
    body_.reset();
    response_ = {};
}

Awaitable<Session::Arrival> Session::read_head() {
    idle_ = buffer_.size() == 0;
    started_ = std::chrono::steady_clock::now();
    set_deadline(idle_ ? core_->options.idle_timeout : core_->options.header_timeout);
    if (idle_) {
        reactor_->idle(*this);
    }
    for (;;) {
        if (buffer_.size() != 0) {
            if (const auto arrival = parse_head()) {
                co_return *arrival;
            }
        }
        if (core_->cutting || (idle_ && core_->draining)) {
            co_return Arrival::gone;
        }
        beast::error_code error;
        if (idle_) {
            // Thousands of connections may wait here: none keeps what only a request needs.
            buffer_.shrink_to_fit();
            std::string{}.swap(head_text_);
            exchange_.reset();
            co_await socket_.async_wait(Socket::wait_read, net::redirect_error(use_awaitable, error));
            if (error) {
                co_return Arrival::gone;
            }
            start_exchange();
        }
        const std::size_t count = co_await socket_.async_read_some(buffer_.prepare(head_read_size),
                                                                   net::redirect_error(use_awaitable, error));
        reactor_->busy(*this);
        if (expired_ && !idle_) {
            co_return refuse_timeout("the request's head didn't arrive in time");
        }
        if (error) {
            idle_ = false;
            co_return Arrival::gone;
        }
        buffer_.commit(count);
        if (idle_) {
            idle_ = false;
            started_ = std::chrono::steady_clock::now();
            set_deadline(core_->options.header_timeout);
        }
    }
}

// Parses what is there; nothing when more is needed.
std::optional<Session::Arrival> Session::parse_head() {
    auto& parser = *exchange_->parser;
    const auto letters = static_cast<const char*>(buffer_.data().data());
    if (head_bytes_ == 0 && letters[0] == '\r' && (buffer_.size() == 1 || letters[1] == '\n')) {
        // RFC 9112 section 2.2: an empty line before a request line is passed over; one, however it arrives.
        if (buffer_.size() == 1) {
            return std::nullopt;
        }
        buffer_.consume(2);
        head_bytes_ += 2;
        if (buffer_.size() == 0) {
            return std::nullopt;
        }
    }
    if (auto problem = scan_head()) {
        return refuse(*std::move(problem));
    }
    beast::error_code error;
    const std::size_t used = parser.put(buffer_.data(), error);
    OPENSSL_cleanse(buffer_.data().data(), used); // the parser has a copy of what it used
    buffer_.consume(used);
    scanned_ -= std::min(used, scanned_);
    head_bytes_ += used;
    const std::uint32_t limit = core_->options.header_limit;
    // The parser limits the request line and the fields each; together they have to fit, too.
    if (head_bytes_ > limit ||
        (error == beast::http::error::need_more && head_bytes_ + buffer_.size() > limit)) {
        error = beast::http::error::header_limit;
    }
    if (error == beast::http::error::need_more) {
        return std::nullopt;
    }
    if (error) {
        return refuse(problem_of_head(error, limit));
    }
    if (!parser.is_header_done()) {
        return std::nullopt;
    }
    head_complete_ = true;
    return Arrival::complete;
}

std::optional<Problem> Session::scan_head() {
    const std::string_view received{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    const HeadScanner::Fault fault = scanner_->scan(received.substr(scanned_));
    scanned_ = received.size();
    switch (fault) {
    case HeadScanner::Fault::none: return std::nullopt;
    case HeadScanner::Fault::line_end: return malformed("a line of the request's head doesn't end in CR LF");
    case HeadScanner::Fault::continued_field: return malformed("a field of the request spans several lines");
    case HeadScanner::Fault::control_character:
        return malformed("the request's head has a control character");
    case HeadScanner::Fault::long_target: break;
    }
    return target_too_long(core_->options.target_limit);
}

void Session::fill_head() {
    const auto& message = exchange_->parser->get();
    RequestHead& head = exchange_->head;
    head.method = message.method_string();
    head.target = message.target();
    for (const auto& field : message) {
        head.fields.push_back({field.name_string(), field.value()});
    }
    if (const auto length = exchange_->parser->content_length()) {
        head.content_length = *length;
    }
    head.chunked = exchange_->parser->chunked();
    head.remote_address = exchange_->remote_address;
    head.stop = exchange_->stop.get_token();
}

bool Session::has_body() const noexcept {
    return exchange_->head.chunked || exchange_->head.content_length.value_or(0) != 0;
}

void Session::call_begin() {
    try {
        // The completion keeps alive what the endpoint still uses and what it posts to when this session has
        // given up waiting. It doesn't keep the endpoint: that waits for its completions itself before it
        // goes.
        core_->endpoint->begin(
            exchange_->head, [exchange = exchange_, reactor = reactor_](BeginOutcome outcome) {
                net::dispatch(reactor->context, [exchange, outcome = std::move(outcome)]() mutable {
                    exchange->begun.emplace(std::move(outcome));
                    exchange->wake();
                });
            });
    } catch (const std::exception& failure) {
        refuse_failure(failure.what());
    }
}

void Session::call_finish(ImageBytes body) {
    try {
        core_->endpoint->finish(std::move(*admission_), std::move(body),
                                [exchange = exchange_, reactor = reactor_](Response response) {
                                    net::dispatch(reactor->context,
                                                  [exchange, response = std::move(response)]() mutable {
                                                      exchange->finished.emplace(std::move(response));
                                                      exchange->wake();
                                                  });
                                });
    } catch (const std::exception& failure) {
        refuse_failure(failure.what());
    }
    admission_.reset();
}

// Returns when the slot is filled, when a problem came up (the time is over, too), or when the session is
// cut.
template<class Slot>
Awaitable<void> Session::wait_for(Slot Exchange::*slot) {
    if ((*exchange_).*slot || problem_) {
        co_return;
    }
    set_deadline(core_->options.handler_timeout);
    exchange_->waiter = &wake_;
    while (!((*exchange_).*slot) && !expired_ && !core_->cutting) {
        beast::error_code ignored;
        co_await wake_.async_wait(net::redirect_error(use_awaitable, ignored));
    }
    exchange_->waiter = nullptr;
    if (!((*exchange_).*slot) && expired_) {
        Problem problem;
        problem.status = 503;
        problem.rule = "service.timeout";
        problem.message = "the request took too long; whether it has changed anything is not known";
        problem.retry_after = std::chrono::seconds{1};
        exchange_->abandoned = true;
        exchange_->stop.request_stop();
        refuse(std::move(problem));
    }
}

// Used by session_pieces.cpp, too.
template Awaitable<void> Session::wait_for(std::optional<result<BodyProducer::Piece>> Exchange::*slot);

Awaitable<bool> Session::serve_begun() {
    if (problem_) {
        co_return co_await answer_refused();
    }
    if (!exchange_->begun) {
        co_return false;
    }
    if (auto* const response = std::get_if<Response>(&*exchange_->begun)) {
        const RequestHead& head = exchange_->head;
        const bool short_body = !head.chunked && head.content_length.value_or(0) <= discard_limit;
        const bool keep = !has_body() || (short_body && !expects_continue_);
        if (!co_await answer(std::move(*response), keep)) {
            co_return false;
        }
        co_return co_await discard(head.content_length.value_or(0));
    }
    admission_.emplace(std::get<Admission>(std::move(*exchange_->begun)));
    principal_ = admission_->principal();
    request_id_ = admission_->request_id();
    co_return co_await serve_admitted();
}

Awaitable<bool> Session::serve_admitted() {
    ImageBytes body;
    if (has_body()) {
        // A short body that the route has no use for is read and dropped: some clients send `null` or `{}`
        // always.
        const bool unwanted = admission_->body_limit() == 0;
        const Arrival arrival = co_await read_body(unwanted ? discard_limit : admission_->body_limit());
        if (arrival == Arrival::gone) {
            co_return false;
        }
        if (arrival == Arrival::refused) {
            co_return co_await answer_refused();
        }
        if (!unwanted) {
            body = body_->take();
        }
        body_.reset();
        arrived_ = std::chrono::steady_clock::now();
    }
    call_finish(std::move(body));
    co_await wait_for(&Exchange::finished);
    if (problem_) {
        co_return co_await answer_refused();
    }
    if (!exchange_->finished) {
        co_return false;
    }
    co_return co_await answer(std::move(*exchange_->finished), true);
}

} // namespace portrait::http
