#include <portrait/accounts/composite_authenticator.hpp>

#include <utility>
#include <variant>

namespace portrait::http {

CompositeAuthenticator::CompositeAuthenticator(std::shared_ptr<Authenticator> passwords,
                                               std::shared_ptr<Authenticator> tokens) noexcept
    : passwords_{std::move(passwords)}
    , tokens_{std::move(tokens)} {}

void CompositeAuthenticator::authenticate(Credentials credentials, std::string_view remote_address,
                                          std::function<void(AuthenticationOutcome)> done) {
    const auto& responsible = std::holds_alternative<BasicCredentials>(credentials) ? passwords_ : tokens_;
    if (responsible == nullptr)
        return done(AuthenticationFailure{});
    responsible->authenticate(std::move(credentials), remote_address, std::move(done));
}

void CompositeAuthenticator::revalidate(const Principal& principal,
                                        std::function<void(AuthenticationOutcome)> done) {
    if (passwords_ == nullptr)
        return done(AuthenticationFailure{});
    passwords_->revalidate(principal, std::move(done));
}

} // namespace portrait::http
