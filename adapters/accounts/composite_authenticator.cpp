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

std::optional<Principal> CompositeAuthenticator::recognised_still(const Principal& principal) {
    return passwords_ == nullptr ? std::nullopt : passwords_->recognised_still(principal);
}

} // namespace portrait::http
