#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace portrait::http {

/// How a token file is followed.
struct TokenAuthenticatorOptions {
    /// How often the file is looked at, on a thread of its own; 0: only when `refresh` is called.
    std::chrono::milliseconds watch{1000};
    std::shared_ptr<const Clock> clock{}; ///< for expiries; null: the system's
    /// Told when the file can't be read or used, once a minute while that lasts; the tokens stay as they
    /// were, and each look tries again. Called on that thread, or on the one that calls `refresh`; must not
    /// throw.
    std::function<void(const Error&)> on_fault{};
};

/// Tickets and access tokens from a token file (see token_file.hpp). Compares SHA-256 hashes in constant
/// time, so that nothing is to be learned of other tokens. Answers before `authenticate` returns, and never
/// blocks.
///
/// Follows the file: what `tokens add` and `tokens revoke` do is known to it a second later, also while the
/// process has no file descriptor left. No file is no token. Thread-safe.
class PORTRAIT_EXPORT TokenAuthenticator final : public Authenticator {
public:
    /// Errors name the line that is wrong, never what is on it.
    [[nodiscard]] static result<std::unique_ptr<TokenAuthenticator>>
    open(const std::filesystem::path& token_file, TokenAuthenticatorOptions options = {});
    ~TokenAuthenticator() override;

    /// Basic credentials are rejected.
    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;

    /// Reads the file now, whether or not it looks changed.
    void refresh();
    std::size_t token_count() const;

private:
    class PORTRAIT_HIDDEN State;
    explicit TokenAuthenticator(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
