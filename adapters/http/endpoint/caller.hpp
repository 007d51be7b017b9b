#pragma once

#include "endpoint/admission.hpp"
#include "endpoint/endpoint_state.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace portrait::http {

/// `head` and the text that `url` views stay valid until `done` is called: the host promises that.
struct Endpoint::State::Caller {
    Caller(const State& of, const RequestHead& request_head, const boost::urls::url_view& target,
           Route matched, std::unique_ptr<Admission::State> state, BeginCompletion completion)
        : endpoint{of}
        , head{request_head}
        , url{target}
        , route{std::move(matched)}
        , request{std::move(state)}
        , done{std::move(completion)}
        , token{of.work.begin()} {}

    const State& endpoint;
    const RequestHead& head;
    boost::urls::url_view url;
    Route route;
    std::unique_ptr<Admission::State> request;
    BeginCompletion done;
    std::shared_ptr<void> token; ///< the endpoint waits for it
    std::atomic<bool> decided{false};

    /// True for the first decision about the caller alone: a port that completes twice, or that completes and
    /// throws, must not have the request answered twice.
    bool decide() { return !decided.exchange(true); }

    /// Completes with what `make` returns, or with 500 when it throws.
    template<class Make>
    void answer(const Make& make) {
        done([&]() -> BeginOutcome {
            try {
                return make();
            } catch (...) {
                return endpoint.broken(*request);
            }
        }());
    }
};

} // namespace portrait::http
