#pragma once

#include <portrait/http/endpoint.hpp>
#include <portrait/http/owned_head.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace portrait::http {

namespace detail {

/// One `async_handle`: completes its handler once, on the handler's executor, with the answer or with
/// `operation_aborted`, whichever is first.
template<class Handler>
class AsyncAnswer : public std::enable_shared_from_this<AsyncAnswer<Handler>> {
public:
    AsyncAnswer(Handler handler, const RequestHead& head)
        : handler_{std::move(handler)}
        , executor_{boost::asio::get_associated_executor(*handler_)}
        , work_{executor_}
        , head_{head} {}

    void start(Endpoint& endpoint, ImageBytes body) {
        auto self = this->shared_from_this();
        if (auto slot = boost::asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
            slot.assign([waiting = std::weak_ptr{self}](boost::asio::cancellation_type) {
                if (const auto answer = waiting.lock())
                    answer->complete(boost::asio::error::operation_aborted, {});
            });
        }
        endpoint.handle(head_.head(), std::move(body),
                        [self](Response response) { self->complete({}, std::move(response)); });
    }

private:
    void complete(boost::system::error_code error, Response response) {
        if (completed_.exchange(true))
            return;
        boost::asio::post(executor_,
                          [self = this->shared_from_this(), error, response = std::move(response)]() mutable {
                              self->call(error, response);
                          });
    }

    void call(boost::system::error_code error, Response& response) {
        Handler handler = *std::move(handler_);
        handler_.reset();
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.clear();
        work_.reset();
        std::move(handler)(error, std::move(response));
    }

    using HandlerExecutor = boost::asio::associated_executor_t<Handler>;

    std::optional<Handler> handler_;
    HandlerExecutor executor_;
    boost::asio::executor_work_guard<HandlerExecutor> work_;
    OwnedHead head_;
    std::atomic<bool> completed_{false};
};

} // namespace detail

/// `Endpoint::handle` as an Asio operation: `void(error_code, Response)` by a callback, `use_future`,
/// `use_awaitable` or any other completion token. For hosts that have the whole request; one that judges
/// heads before bodies calls `begin` and `finish`.
///
/// The handler is always posted to its associated executor, never called inside this call; a bare callback
/// that is bound to no executor runs on a thread of Asio's system context. The head's strings are copied, so
/// what they view is needed until the operation has started (with `use_awaitable`, until it is awaited). The
/// endpoint has to outlive its work, which its destructor waits for.
///
/// Cancelling, of any type, ends the waiting alone: the handler gets `operation_aborted` at once, the work
/// goes on and its answer is dropped. So a save that was cancelled may have been stored or not: ask, or send
/// it again, which is harmless. As everywhere in Asio, a cancellation signal and its operation belong to one
/// strand. Refusals are answers, not errors: `operation_aborted` is the only error.
template<class CompletionToken>
auto async_handle(Endpoint& endpoint, const RequestHead& head, ImageBytes body, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code, Response)>(
        [&endpoint](auto handler, const RequestHead& request, ImageBytes bytes) {
            std::make_shared<detail::AsyncAnswer<decltype(handler)>>(std::move(handler), request)
                ->start(endpoint, std::move(bytes));
        },
        token, head, std::move(body));
}

} // namespace portrait::http
