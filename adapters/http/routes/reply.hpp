#pragma once

#include <portrait/error.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace portrait::http {

class Request;
using RequestPointer = std::shared_ptr<Request>;

/// What a route answers with.
using Answer = std::variant<Response, Problem, Error>;

/// Answers one request, once: a second answer is dropped, such as that of an exception after the first one.
/// Completes the answer (`Request::completed`). Copies share. Thread-safe.
class Reply {
public:
    Reply(RequestPointer request, std::function<void(Response)> done)
        : shared_{std::make_shared<Shared>(std::move(request), std::move(done))} {}

    void operator()(Answer answer) const;

    /// Runs a step; an exception is answered with 500 and goes to the log.
    template<class Step>
    void contain(const Step& step) const {
        try {
            step();
        } catch (...) {
            fail();
        }
    }

    /// A completion for a port: answers with an error, or with what `make` returns for the value. Contains
    /// exceptions.
    template<class Make>
    auto when(Make make) const {
        return [reply = *this, make = std::move(make)](auto&& outcome) {
            reply.contain([&] {
                reply(outcome ? made(make, std::forward<decltype(outcome)>(outcome))
                              : Answer{outcome.error()});
            });
        };
    }

    /// Keeps something until the answer is given or dropped, such as the exchange that answers.
    void keep(std::shared_ptr<void> kept) const { shared_->kept = std::move(kept); }

private:
    struct Shared {
        Shared(RequestPointer of, std::function<void(Response)> completion)
            : request{std::move(of)}
            , done{std::move(completion)} {}

        RequestPointer request;
        std::function<void(Response)> done;
        std::shared_ptr<void> kept;
        std::atomic<bool> called{false};
    };

    template<class Make, class Outcome>
    static Answer made(const Make& make, Outcome&& outcome) {
        if constexpr (std::is_void_v<typename std::remove_cvref_t<Outcome>::value_type>)
            return make();
        else
            return make(*std::forward<Outcome>(outcome));
    }

    /// Answers for the exception that is being handled.
    void fail() const;

    std::shared_ptr<Shared> shared_;
};

} // namespace portrait::http
