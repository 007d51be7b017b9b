#include "callers/fresh_authenticator.hpp"

#include <exception>
#include <string>
#include <utility>

namespace portrait::postgres {
namespace {

using http::AuthenticationFailure;
using http::AuthenticationOutcome;

AuthenticationFailure unavailable(const Error& error) {
    return {.kind = AuthenticationFailure::Kind::unavailable,
            .retry_after = std::chrono::seconds{1},
            .cause = error.cause().empty() ? error.message() : error.cause()};
}

/// Runs on a thread that has no use for exceptions.
template<class Ask>
void answer(const result<void>& fresh, const std::function<void(AuthenticationOutcome)>& done,
            const Ask& ask) {
    if (!fresh)
        return done(unavailable(fresh.error()));
    try {
        ask();
    } catch (const std::exception& exception) {
        done(AuthenticationFailure{.kind = AuthenticationFailure::Kind::broken,
                                   .retry_after = std::chrono::seconds{1},
                                   .cause = exception.what()});
    }
}

} // namespace

FreshAuthenticator::FreshAuthenticator(std::shared_ptr<http::Authenticator> authenticator,
                                       std::shared_ptr<Freshness> freshness)
    : authenticator_{std::move(authenticator)}
    , freshness_{std::move(freshness)} {}

void FreshAuthenticator::authenticate(http::Credentials credentials, std::string_view remote_address,
                                      std::function<void(AuthenticationOutcome)> done) {
    if (freshness_->number())
        return authenticator_->authenticate(std::move(credentials), remote_address, std::move(done));
    freshness_->when_fresh([authenticator = authenticator_, credentials = std::move(credentials),
                            address = std::string{remote_address},
                            done = std::move(done)](const result<void>& fresh) {
        answer(fresh, done, [&] { authenticator->authenticate(credentials, address, done); });
    });
}

void FreshAuthenticator::revalidate(const http::Principal& principal,
                                    std::function<void(AuthenticationOutcome)> done) {
    if (freshness_->number())
        return authenticator_->revalidate(principal, std::move(done));
    freshness_->when_fresh(
        [authenticator = authenticator_, principal, done = std::move(done)](const result<void>& fresh) {
            answer(fresh, done, [&] { authenticator->revalidate(principal, done); });
        });
}

} // namespace portrait::postgres
