#pragma once

#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace portrait::http {

/// Uses one authenticator for user names and passwords and another one for tickets and access tokens.
/// Thread-safe when both are.
class PORTRAIT_EXPORT CompositeAuthenticator final : public Authenticator {
public:
    /// Null rejects that kind of credentials.
    CompositeAuthenticator(std::shared_ptr<Authenticator> passwords,
                           std::shared_ptr<Authenticator> tokens) noexcept;
    /// Copies share the two. A move copies, so that the source stays usable.
    CompositeAuthenticator(const CompositeAuthenticator&) = default;
    CompositeAuthenticator& operator=(const CompositeAuthenticator&) = default;
    ~CompositeAuthenticator() override = default;

    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;
    void revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done) override;

private:
    std::shared_ptr<Authenticator> passwords_;
    std::shared_ptr<Authenticator> tokens_;
};

} // namespace portrait::http
