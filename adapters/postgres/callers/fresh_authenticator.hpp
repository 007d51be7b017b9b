#pragma once

#include "callers/freshness.hpp"

#include <portrait/http/authenticator.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace portrait::postgres {

/// Asks another authenticator while its users and tokens are up to date.
class FreshAuthenticator final : public http::Authenticator {
public:
    FreshAuthenticator(std::shared_ptr<http::Authenticator> authenticator,
                       std::shared_ptr<Freshness> freshness);

    void authenticate(http::Credentials credentials, std::string_view remote_address,
                      std::function<void(http::AuthenticationOutcome)> done) override;
    void revalidate(const http::Principal& principal,
                    std::function<void(http::AuthenticationOutcome)> done) override;

private:
    const std::shared_ptr<http::Authenticator> authenticator_;
    const std::shared_ptr<Freshness> freshness_;
};

} // namespace portrait::postgres
