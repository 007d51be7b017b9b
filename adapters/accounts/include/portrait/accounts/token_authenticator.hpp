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

/// Options of `TokenAuthenticator`.
struct TokenAuthenticatorOptions {
    /// The interval of checks for a change, on a separate thread; 0: only when `refresh` is called.
    std::chrono::milliseconds watch{1000};
    std::shared_ptr<const Clock> clock{}; ///< for expiries; null: the system's
    /// Called when the file can't be read or used, once a minute while that lasts; the tokens stay unchanged,
    /// and each check retries. Runs on that thread, or on the one that calls `refresh`; must not throw.
    std::function<void(const Error&)> on_fault{};
};

/// Tickets and access tokens from a token file (see token_file.hpp), which only its owner and its group may
/// change (see `Trusted::file`). Compares SHA-256 hashes in constant
/// time, so that no client learns about other tokens. Completes before `authenticate` returns, and never
/// blocks.
///
/// Follows the file: applies changes a second later, also while the process has no file descriptor left. A
/// missing file has no tokens. Thread-safe.
class PORTRAIT_EXPORT TokenAuthenticator final : public Authenticator {
public:
    /// Errors of the file's content are `file_invalid`; they name the line, never its content.
    [[nodiscard]] static result<std::unique_ptr<TokenAuthenticator>>
    open(const std::filesystem::path& token_file, TokenAuthenticatorOptions options = {});
    /// Tokens from a text in memory; see `replace`. Of the options only the clock is used.
    [[nodiscard]] static result<std::unique_ptr<TokenAuthenticator>>
    from_text(std::string_view tokens, const TokenAuthenticatorOptions& options = {});
    ~TokenAuthenticator() override;

    /// Rejects Basic credentials.
    void authenticate(Credentials credentials, std::string_view remote_address,
                      std::function<void(AuthenticationOutcome)> done) override;

    /// Reads the file now, changed or not.
    void refresh();
    /// Replaces the tokens of `from_text` at once. Errors: `file_invalid`, and the tokens stay unchanged.
    [[nodiscard]] result<void> replace(std::string_view tokens);
    std::size_t token_count() const;

private:
    struct PORTRAIT_HIDDEN State;
    explicit TokenAuthenticator(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
