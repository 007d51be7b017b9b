#include "connection/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace portrait::http {
namespace {

constexpr std::uint64_t discard_limit = 64ULL * 1024; // of a body that isn't used, to keep the connection

bool is_one_of(const std::vector<Network>& networks, std::string_view text) {
    const auto address = networks.empty() ? std::nullopt : IpAddress::parse(text.substr(0, text.find('%')));
    return address && std::any_of(networks.begin(), networks.end(),
                                  [&](const Network& network) { return network.contains(*address); });
}

} // namespace

Connection::Connection(std::shared_ptr<ServerShared> shared, std::shared_ptr<IoThread> io_thread,
                       Socket socket, const net::ip::address& remote_address,
                       std::shared_ptr<const TlsContext> tls)
    : shared_{std::move(shared)}
    , io_thread_{std::move(io_thread)}
    , stream_{std::move(socket), std::move(tls)}
    , remote_address_{remote_address.to_string()}
    , is_trusted_proxy_{is_one_of(shared_->options.trusted_proxies, remote_address_)}
    , share_{shared_->shares.share_of(client_network(remote_address_))} {
    io_thread_->add(*this);
    share_->connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
    io_thread_->busy(*this);
    share_->connections.fetch_sub(1, std::memory_order_relaxed);
    io_thread_->remove(*this);
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = std::chrono::steady_clock::now() + from_now;
    expired_ = false;
}

std::chrono::milliseconds Connection::time_for(std::uint64_t bytes) const noexcept {
    const std::uint64_t rate = std::max<std::uint64_t>(shared_->options.body_rate, 1);
    return std::chrono::seconds{static_cast<std::int64_t>(bytes / rate)};
}

bool Connection::check(SteadyTime now) {
    // A client that has closed its sending direction counts as gone, as in nginx: work for it alone may stop,
    // but its answer is still sent.
    if (waiting_ && !exchange_->stop.stop_requested() && stream_.peer_has_ended()) {
        shared_->abandoned_requests.fetch_add(1, std::memory_order_relaxed);
        exchange_->stop.request_stop();
    }
    watch_reader(now);
    // Repeated at each check: a cancel misses an operation that has just completed and is followed by
    // another.
    if (now < deadline_)
        return false;
    stream_.cancel();
    give_up_waiting_.emit(net::cancellation_type::terminal);
    return !std::exchange(expired_, true);
}

void Connection::watch_reader(SteadyTime now) {
    if (!sending_)
        return;
    const SentBytes sent = stream_.sent();
    if (sent.waiting == 0) {
        reader_watch_.reset();
        sending_ = answering_;
        return;
    }
    if (!reader_watch_)
        reader_watch_ = std::make_unique<ReaderWatch>(shared_->options.body_rate);
    if (reader_watch_->is_too_slow(now, sent)) {
        shared_->slow_readers.fetch_add(1, std::memory_order_relaxed);
        shared_->event(Severity::debug,
                       fmt::format("{} is closed: it received less than {} bytes a second over {} seconds",
                                   remote_address_, shared_->options.body_rate, ReaderWatch::window.count()),
                       request_id_);
        stream_.reset();
        give_up_waiting_.emit(net::cancellation_type::terminal);
    }
}

void Connection::begin_drain() {
    // A request that has arrived is still answered.
    if (idle_ && !stream_.has_unread()) {
        stream_.end_sending();
        stream_.close();
    }
}

void Connection::cut() {
    stream_.close();
    give_up_waiting_.emit(net::cancellation_type::terminal);
}

Awaitable<void> Connection::run([[maybe_unused]] std::shared_ptr<Connection> self, bool rejected) {
    if (!co_await open())
        co_return;
    if (rejected || address_is_full())
        co_return co_await reject();
    bool go_on = true;
    while (go_on && !shared_->cutting) {
        ++served_;
        begin_waiting();
        if (idle_) {
            if (shared_->draining && !stream_.has_unread())
                break;
            // Thousands of connections may wait here, without the memory that a request needs: neither a
            // workspace nor the frames of the coroutines that serve it.
            if (!stream_.has_received()) {
                const auto [error] = co_await stream_.wait_readable();
                if (error)
                    break;
            }
            end_waiting();
        }
        go_on = co_await serve_one();
    }
    if (idle_)
        stream_.end_sending();
    stream_.close();
}

// Begins to wait for a request; idle, unless some of its bytes have arrived.
void Connection::begin_waiting() {
    forget_request();
    idle_ = buffer_.size() == 0;
    started_ = std::chrono::steady_clock::now();
    set_deadline(idle_ ? shared_->options.idle_timeout : shared_->options.header_timeout);
    if (idle_) {
        io_thread_->idle(*this);
        release_workspace();
    } else {
        start_exchange();
    }
}

// Marked as busy before reading: an idle connection may be closed at any suspension point.
void Connection::end_waiting() {
    io_thread_->busy(*this);
    idle_ = false;
    started_ = std::chrono::steady_clock::now();
    set_deadline(shared_->options.header_timeout);
    acquire_workspace();
    start_exchange();
}

// Serves a request: reads its head, lets the endpoint judge it, reads its body, gives that to the endpoint,
// writes the answer. False when the connection is over.
Awaitable<bool> Connection::serve_one() {
    if (co_await read_head() != Arrival::complete || !accept_head())
        co_return co_await give_up();

    auto begun =
        start_begin(*shared_->endpoint, std::shared_ptr<const RequestHead>{exchange_, &exchange_->head},
                    [exchange = exchange_](BeginOutcome& outcome) {
                        if (auto* const response = std::get_if<Response>(&outcome))
                            exchange->count(*response);
                    });
    if (!co_await completes(begun))
        co_return co_await give_up();
    if (auto* const response = std::get_if<Response>(&begun.value())) {
        // Without the body; a short one is dropped, to keep the connection.
        const bool keep = !has_body() || (has_short_body() && !expects_continue_);
        replace_without_room(*response);
        if (!co_await answer(std::move(*response), keep))
            co_return false;
        if (!has_body())
            co_return true;
        co_return co_await discard(exchange_->head.content_length.value_or(0));
    }
    admission_.emplace(std::get<Admission>(std::move(begun.value())));
    principal_ = admission_->principal();
    request_id_ = admission_->request_id();

    ImageBytes body;
    if (has_body() && co_await take_body(body) != Arrival::complete)
        co_return co_await give_up();
    auto finished =
        start_finish(*shared_->endpoint, *std::exchange(admission_, std::nullopt), std::move(body),
                     [exchange = exchange_](Response& response) { exchange->count(response); });
    if (!co_await completes(finished))
        co_return co_await give_up();
    replace_without_room(finished.value());
    co_return co_await answer(std::move(finished.value()), true);
}

// After a call of the endpoint didn't complete: the deadline has passed or there was no memory, which sets a
// problem, or the connection was aborted.
void Connection::abandon_call(const beast::error_code& error) {
    exchange_->abandoned = true;
    exchange_->stop.request_stop();
    if (error != net::error::operation_aborted) {
        refuse_failure(error.message());
    } else if (expired_) {
        refuse(try_again("service.timeout",
                         "The request took too long; it is unknown whether it has changed anything"));
    }
}

// Fills the endpoint's head from the parsed one; false with a problem.
bool Connection::accept_head() {
    shared_->requests.fetch_add(1, std::memory_order_relaxed);
    in_flight_.emplace(shared_->requests_in_flight);
    fill_head();
    const unsigned minor_version = exchange_->parser->get().version() % 10;
    if (auto problem = check_framing(exchange_->head, minor_version)) {
        refuse(*std::move(problem));
        return false;
    }
    expects_continue_ = expects_continue(exchange_->head, minor_version);
    if (!has_body())
        arrived_ = std::chrono::steady_clock::now();
    return true;
}

// Answers with the problem, or just ends when the client has gone. Always false.
Awaitable<bool> Connection::give_up() {
    if (!problem_)
        co_return false;
    co_return co_await answer_refused();
}

// Reads the body. A short one that the route doesn't use is discarded: some clients always send `null` or
// `{}`.
Awaitable<Connection::Arrival> Connection::take_body(ImageBytes& body) {
    const bool unwanted = admission_->body_limit() == 0;
    const Arrival arrival = co_await read_body(unwanted ? discard_limit : admission_->body_limit());
    if (arrival == Arrival::complete) {
        if (!unwanted)
            body = body_->take();
        body_.reset();
        arrived_ = std::chrono::steady_clock::now();
    }
    co_return arrival;
}

// Releases the last request, its picture in particular.
void Connection::forget_request() {
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
}

void Connection::start_exchange() {
    // Reused unless a late completion still refers to it.
    if (!exchange_ || exchange_.use_count() != 1)
        exchange_ = std::make_shared<ConnectionExchange>();
    else
        exchange_->clear();
    exchange_->remote_address = remote_address_;
    exchange_->start_parser();
    exchange_->parser->header_limit(shared_->options.header_limit);
    // The route's limit is known after `begin`; a limit set here would make the head itself fail.
    exchange_->parser->body_limit(boost::none);
    share_with(share_);
    scanner_.emplace(shared_->options.target_limit);
}

// Charges the request and its answer to this client.
void Connection::share_with(const std::shared_ptr<AddressShare>& share) {
    exchange_->charge = {share->budgets->requests, share->requests};
    exchange_->answer = {share->budgets->answers, share->answers};
    exchange_->piece_charge = {share->budgets->answers, share->answers};
    exchange_->share = share;
}

void Connection::release_workspace() {
    if (exchange_ && exchange_.use_count() == 1) {
        exchange_->clear();
        keep_workspace(Workspace{std::move(exchange_), std::move(buffer_), std::move(head_text_)});
    }
    exchange_.reset();
    buffer_.shrink_to_fit();
    std::string{}.swap(head_text_);
}

void Connection::acquire_workspace() {
    Workspace spare = spare_workspace();
    exchange_ = std::move(spare.exchange);
    buffer_ = std::move(spare.buffer);
    head_text_ = std::move(spare.head_text);
}

bool Connection::has_body() const noexcept {
    return exchange_->head.chunked || exchange_->head.content_length.value_or(0) != 0;
}

bool Connection::has_short_body() const noexcept {
    return !exchange_->head.chunked && exchange_->head.content_length.value_or(0) <= discard_limit;
}

} // namespace portrait::http
