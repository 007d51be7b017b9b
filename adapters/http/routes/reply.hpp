#pragma once

#include <portrait/error.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/image_bytes.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace portrait::http {

class Request;
class Reply;
using RequestPointer = std::shared_ptr<Request>;

/// An answer, or a refusal that becomes one.
using Answer = std::variant<Response, Problem, Error>;

/// Bytes that the body of a request may have whose route ignores it.
inline constexpr std::uint64_t ignored_body_limit = 64ULL * 1024;

/// A request whose head was accepted, with the state that its answer needs.
struct Exchange {
    /// Answers the request with its body. Runs on the executor of the route's `access`, so it may block on
    /// the store. Lives until the last copy of the reply is destroyed.
    std::function<void(ImageBytes body, const Reply& reply)> finish;
    std::uint64_t body_limit = ignored_body_limit; ///< bytes
};

/// Returns the outcome's error, or the answer that `make` makes of its value. `make` may ignore the value.
template<class Outcome, class Make>
Answer answer_of(Outcome&& outcome, const Make& make) {
    if (!outcome)
        return outcome.error();
    if constexpr (std::is_invocable_v<const Make&>)
        return make();
    else
        return make(*std::forward<Outcome>(outcome));
}

/// Answers one request, once: later answers are dropped, such as that of an exception after the first answer.
/// Completes the answer (`Request::completed`). Copies share their state. Thread-safe.
class Reply {
public:
    Reply(RequestPointer request, std::function<void(Response)> done, Exchange exchange = {})
        : shared_{std::make_shared<Shared>()} {
        shared_->request = std::move(request);
        shared_->done = std::move(done);
        shared_->exchange = std::move(exchange);
    }

    void operator()(Answer answer) const;

    /// Passes the body to the exchange.
    void finish(ImageBytes body) const { shared_->exchange.finish(std::move(body), *this); }

    /// Runs a step; an exception is answered with 500 and goes to the log.
    template<class Step>
    void contain(const Step& step) const {
        try {
            step();
        } catch (...) {
            fail();
        }
    }

    /// A completion for a port: passes the outcome to `step`, which answers. Contains exceptions.
    template<class Step>
    auto contained(Step step) const {
        return [reply = *this, step = std::move(step)](auto&& outcome) {
            reply.contain([&] { step(std::forward<decltype(outcome)>(outcome)); });
        };
    }

    /// A completion for a port: answers `answer_of` the outcome. Contains exceptions.
    template<class Make>
    auto when(Make make) const {
        return contained([reply = *this, make = std::move(make)](auto&& outcome) {
            reply(answer_of(std::forward<decltype(outcome)>(outcome), make));
        });
    }

private:
    struct Shared {
        RequestPointer request;
        std::function<void(Response)> done;
        Exchange exchange;
        std::atomic<bool> called{false};
    };

    /// Answers for the exception that is being handled.
    void fail() const;

    std::shared_ptr<Shared> shared_;
};

} // namespace portrait::http
