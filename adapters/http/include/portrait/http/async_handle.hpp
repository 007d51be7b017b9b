#pragma once

#include <portrait/http/endpoint.hpp>

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
#include <utility>

namespace portrait::http {

/// The default of `ready` in the functions below: does nothing with a value that has become ready.
struct LeaveUnchanged {
    template<class Value>
    void operator()(const Value& /*value*/) const noexcept {}
};

namespace detail {

/// A call of an endpoint: shared by its completion and by the operation that waits for it.
template<class Value>
class Call : public std::enable_shared_from_this<Call<Value>> {
public:
    /// `begin` gets the completion.
    template<class Ready, class Begin>
    void start(Ready ready, Begin& begin) {
        try {
            begin([self = this->shared_from_this(), ready = std::move(ready)](Value made) {
                ready(made);
                self->value.emplace(std::move(made));
                self->complete();
            });
        } catch (const std::exception&) { // an awaiting coroutine could not catch it
            error = make_error_code(boost::system::errc::not_enough_memory);
            complete();
        }
    }

    bool completed() const noexcept { return step_ == Step::completed; }

    /// Posts the handler once, after the completion or when it is cancelled. It gets the error and, if
    /// `WithValue`, the value.
    template<bool WithValue, class Handler>
    void wait(Handler handler) {
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
            slot.assign([call = this->weak_from_this()](boost::asio::cancellation_type) {
                if (const auto self = call.lock())
                    self->cancel();
            });
        }
        waiter_ = std::make_unique<HandlerOf<WithValue, Handler>>(std::move(handler));
        Step running = Step::running;
        if (!step_.compare_exchange_strong(running, Step::waited_for))
            waiter_->post(this->shared_from_this(), error);
    }

    std::optional<Value> value;
    boost::system::error_code error;

private:
    enum class Step { running, waited_for, completed, cancelled };

    class Waiter {
    public:
        Waiter() = default;
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        virtual ~Waiter() = default;
        virtual void post(std::shared_ptr<Call> call, boost::system::error_code outcome) = 0;
    };

    template<bool WithValue, class Handler>
    class HandlerOf final : public Waiter {
    public:
        explicit HandlerOf(Handler handler)
            : work_{boost::asio::get_associated_executor(handler)}
            , handler_{std::move(handler)} {}

        void post(std::shared_ptr<Call> call, boost::system::error_code outcome) override {
            const auto executor = work_.get_executor();
            boost::asio::post(executor, [handler = std::move(handler_), call = std::move(call), outcome,
                                         work = std::move(work_)]() mutable {
                if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
                    slot.clear();
                work.reset();
                if constexpr (WithValue)
                    std::move(handler)(outcome, outcome ? Value{} : *std::move(call->value));
                else
                    std::move(handler)(outcome);
            });
        }

    private:
        boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
        Handler handler_;
    };

    void complete() {
        if (step_.exchange(Step::completed) == Step::waited_for)
            waiter_->post(this->shared_from_this(), error);
    }

    void cancel() {
        Step waited_for = Step::waited_for;
        if (step_.compare_exchange_strong(waited_for, Step::cancelled))
            waiter_->post(this->shared_from_this(), boost::asio::error::operation_aborted);
    }

    std::unique_ptr<Waiter> waiter_;
    std::atomic<Step> step_{Step::running};
};

template<class Value, class Token, class Ready, class Begin>
auto async_call(Token&& token, Ready ready, Begin begin) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, Value)>(
        [](auto handler, Ready on_ready, Begin first) {
            const auto call = std::make_shared<Call<Value>>();
            call->start(std::move(on_ready), first);
            call->template wait<true>(std::move(handler));
        },
        token, std::move(ready), std::move(begin));
}

inline auto begin_of(Endpoint& endpoint, std::shared_ptr<const RequestHead> head) {
    return [&endpoint, head = std::move(head)](auto done) {
        endpoint.begin(*head,
                       [head, done = std::move(done)](BeginOutcome outcome) { done(std::move(outcome)); });
    };
}

inline auto finish_of(Endpoint& endpoint, Admission admission, ImageBytes body) {
    return [&endpoint, admission = std::move(admission), body = std::move(body)](auto done) mutable {
        endpoint.finish(std::move(admission), std::move(body), std::move(done));
    };
}

} // namespace detail

/// A call of an endpoint that was started by `start_begin`, `start_finish` or `start_next`, for coroutines
/// that serve many requests: most calls complete before they return, and then nothing has to be awaited. To
/// be used by one thread at a time; the endpoint may complete the call on any.
///
/// ```
/// auto call = start_begin(endpoint, head);
/// boost::system::error_code error = call.error();
/// if (!call.completed())
///     co_await call.async_wait(net::redirect_error(net::use_awaitable, error));
/// if (!error)
///     use(call.value());
/// ```
template<class Value>
class StartedCall {
public:
    template<class Ready, class Begin>
    StartedCall(Ready ready, Begin begin)
        : call_{std::make_shared<detail::Call<Value>>()} {
        call_->start(std::move(ready), begin);
    }

    bool completed() const noexcept { return call_->completed(); }

    /// Of a call that has completed: `not_enough_memory` when it could not be made; then there is no value.
    boost::system::error_code error() const noexcept {
        return completed() ? call_->error : boost::system::error_code{};
    }

    /// Of a call that has completed without an error.
    Value& value() { return *call_->value; }

    /// Waits until the call has completed, once: `void(error_code)`. Posted and cancelled as `async_begin`.
    template<class CompletionToken>
    auto async_wait(CompletionToken&& token) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code)>(
            [](auto handler, const std::shared_ptr<detail::Call<Value>>& call) {
                call->template wait<false>(std::move(handler));
            },
            token, call_);
    }

private:
    std::shared_ptr<detail::Call<Value>> call_;
};

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
    return detail::async_call<BeginOutcome>(std::forward<CompletionToken>(token), std::move(ready),
                                            detail::begin_of(endpoint, std::move(head)));
}

/// `Endpoint::finish` as an Asio operation: `void(error_code, Response)`; otherwise as `async_begin`.
template<class CompletionToken, class Ready = LeaveUnchanged>
auto async_finish(Endpoint& endpoint, Admission admission, ImageBytes body, CompletionToken&& token,
                  Ready ready = {}) {
    return detail::async_call<Response>(std::forward<CompletionToken>(token), std::move(ready),
                                        detail::finish_of(endpoint, std::move(admission), std::move(body)));
}

/// `async_begin` in two steps: starts now, and is awaited only where it has to be.
template<class Ready = LeaveUnchanged>
StartedCall<BeginOutcome> start_begin(Endpoint& endpoint, std::shared_ptr<const RequestHead> head,
                                      Ready ready = {}) {
    return {std::move(ready), detail::begin_of(endpoint, std::move(head))};
}

/// `async_finish` in two steps.
template<class Ready = LeaveUnchanged>
StartedCall<Response> start_finish(Endpoint& endpoint, Admission admission, ImageBytes body,
                                   Ready ready = {}) {
    return {std::move(ready), detail::finish_of(endpoint, std::move(admission), std::move(body))};
}

/// `BodyProducer::next`, otherwise as `start_begin`. The producer is kept until it has completed.
template<class Ready = LeaveUnchanged>
StartedCall<result<BodyProducer::Piece>> start_next(std::shared_ptr<BodyProducer> producer,
                                                    Ready ready = {}) {
    return {std::move(ready), [producer = std::move(producer)](auto done) {
                producer->next([producer, done = std::move(done)](result<BodyProducer::Piece> piece) {
                    done(std::move(piece));
                });
            }};
}

} // namespace portrait::http
