#pragma once

#include <portrait/http/endpoint.hpp>
#include <portrait/http/owned_head.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace portrait::http {

/// What `async_begin`, `async_finish` and `async_next` do with a value by default when it is ready: nothing.
struct LeaveUnchanged {
    template<class Value>
    void operator()(const Value& /*value*/) const noexcept {}
};

namespace detail {

/// One operation: completes its handler once, on the handler's executor, with the value or with an error,
/// whichever is first.
template<class Value, class Handler, class Ready>
class AsyncCall : public std::enable_shared_from_this<AsyncCall<Value, Handler, Ready>> {
public:
    AsyncCall(Handler handler, Ready ready)
        : handler_{std::move(handler)}
        , ready_{std::move(ready)}
        , executor_{boost::asio::get_associated_executor(*handler_)}
        , work_{executor_} {}

    /// `begin` gets the completion of the endpoint's call.
    template<class Begin>
    void start(Begin& begin) {
        auto self = this->shared_from_this();
        if (auto slot = boost::asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
            slot.assign([waiting = std::weak_ptr{self}](boost::asio::cancellation_type) {
                if (const auto call = waiting.lock())
                    call->complete(boost::asio::error::operation_aborted, {});
            });
        }
        try {
            begin([self](Value value) {
                self->ready_(value);
                self->complete({}, std::move(value));
            });
        } catch (const std::exception&) { // an awaiting coroutine could not catch it
            complete(make_error_code(boost::system::errc::not_enough_memory), {});
        }
    }

private:
    void complete(boost::system::error_code error, std::optional<Value> value) {
        if (completed_.exchange(true))
            return;
        boost::asio::post(executor_, [self = this->shared_from_this(), error,
                                      value = std::move(value)]() mutable { self->call(error, value); });
    }

    void call(boost::system::error_code error, std::optional<Value>& value) {
        Handler handler = *std::move(handler_);
        handler_.reset();
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.clear();
        work_.reset();
        std::move(handler)(error, value ? *std::move(value) : Value{});
    }

    using HandlerExecutor = boost::asio::associated_executor_t<Handler>;

    std::optional<Handler> handler_;
    Ready ready_;
    HandlerExecutor executor_;
    boost::asio::executor_work_guard<HandlerExecutor> work_;
    std::atomic<bool> completed_{false};
};

template<class Value, class Token, class Ready, class Begin>
auto async_call(Token&& token, Ready ready, Begin begin) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, Value)>(
        [](auto handler, Ready on_ready, Begin first) {
            using Call = AsyncCall<Value, decltype(handler), Ready>;
            std::make_shared<Call>(std::move(handler), std::move(on_ready))->start(first);
        },
        token, std::move(ready), std::move(begin));
}

} // namespace detail

/// `Endpoint::handle` as an Asio operation: `void(error_code, Response)` by a callback, `use_future`,
/// `use_awaitable` or any other completion token. For hosts that have the whole request; one that judges
/// heads before bodies calls `async_begin` and `async_finish`.
///
/// The handler is always posted to its associated executor, never called inside this call; a bare callback
/// that is bound to no executor runs on a thread of Asio's system context. The head's strings are copied, so
/// what they view is needed until the operation has started (with `use_awaitable`, until it is awaited). The
/// endpoint has to outlive its work, which its destructor waits for.
///
/// Cancelling, of any type, ends the waiting alone: the handler gets `operation_aborted` at once, the work
/// goes on and its answer is dropped. So a save that was cancelled may have been stored or not: ask, or send
/// it again, which is harmless. As everywhere in Asio, a cancellation signal and its operation belong to one
/// strand. Refusals are answers, not errors: the only errors are `operation_aborted` and `not_enough_memory`.
template<class CompletionToken>
auto async_handle(Endpoint& endpoint, const RequestHead& head, ImageBytes body, CompletionToken&& token) {
    auto owned = std::make_shared<OwnedHead>(head);
    return detail::async_call<Response>(
        std::forward<CompletionToken>(token), LeaveUnchanged{},
        [&endpoint, owned = std::move(owned), body = std::move(body)](const auto& done) {
            endpoint.handle(owned->head(), body,
                            [owned, done](Response response) { done(std::move(response)); });
        });
}

/// `Endpoint::begin` as an Asio operation: `void(error_code, BeginOutcome)`; otherwise as `async_handle`. The
/// head is kept until the endpoint needs it no more, which is later than the handler's call when the
/// operation was cancelled.
///
/// `ready` is called with a reference to the outcome on the thread where it is made, before it waits for the
/// handler's executor: there a host can count the memory of answers that wait, or replace them. It must not
/// throw.
///
/// ```
/// BeginOutcome outcome = co_await async_begin(endpoint, head, net::use_awaitable);
/// if (auto* response = std::get_if<Response>(&outcome))
///     co_return co_await write(std::move(*response));
/// auto& admission = std::get<Admission>(outcome);
/// ImageBytes body = co_await read_body(admission.body_limit());
/// co_await write(co_await async_finish(endpoint, std::move(admission), body, net::use_awaitable));
/// ```
template<class CompletionToken, class Ready = LeaveUnchanged>
auto async_begin(Endpoint& endpoint, std::shared_ptr<const RequestHead> head, CompletionToken&& token,
                 Ready ready = {}) {
    return detail::async_call<BeginOutcome>(
        std::forward<CompletionToken>(token), std::move(ready),
        [&endpoint, head = std::move(head)](const auto& done) {
            endpoint.begin(*head, [head, done](BeginOutcome outcome) { done(std::move(outcome)); });
        });
}

/// `Endpoint::finish` as an Asio operation: `void(error_code, Response)`; otherwise as `async_begin`.
template<class CompletionToken, class Ready = LeaveUnchanged>
auto async_finish(Endpoint& endpoint, Admission admission, ImageBytes body, CompletionToken&& token,
                  Ready ready = {}) {
    return detail::async_call<Response>(
        std::forward<CompletionToken>(token), std::move(ready),
        [&endpoint, admission = std::move(admission), body = std::move(body)](auto done) mutable {
            endpoint.finish(std::move(admission), std::move(body), std::move(done));
        });
}

/// `BodyProducer::next` as an Asio operation: `void(error_code, result<BodyProducer::Piece>)`; otherwise as
/// `async_begin`. The producer is kept until it has completed.
template<class CompletionToken, class Ready = LeaveUnchanged>
auto async_next(std::shared_ptr<BodyProducer> producer, CompletionToken&& token, Ready ready = {}) {
    return detail::async_call<result<BodyProducer::Piece>>(
        std::forward<CompletionToken>(token), std::move(ready),
        [producer = std::move(producer)](const auto& done) {
            producer->next([producer, done](result<BodyProducer::Piece> piece) { done(std::move(piece)); });
        });
}

} // namespace portrait::http
