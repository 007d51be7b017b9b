#pragma once

#include <portrait/error.hpp>

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct crypt_data;

namespace portrait::http {

/// Longer passwords are refused; libxcrypt takes no more.
inline constexpr std::size_t max_password_length = 511;

/// The fault of a hash in a users file, as the end of a sentence; empty when it is whole and of a strong
/// kind.
std::string_view password_hash_fault(std::string_view hash);

/// Whether a hash without a fault costs far more time than those of `hash_password`, as the end of a
/// sentence; empty when it doesn't. Attempts with unknown names are compared with any user's hash, and all
/// other attempts wait meanwhile.
std::string password_cost_fault(std::string_view hash);

/// Overwrites a secret that is no longer needed.
inline void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
}

/// A copy of a secret; wipes the source, and the copy when it is destroyed.
class SecretCopy {
public:
    explicit SecretCopy(std::string& source)
        : text_{source} {
        wipe(source);
    }
    ~SecretCopy() { wipe(text_); }
    SecretCopy(const SecretCopy&) = delete;
    SecretCopy& operator=(const SecretCopy&) = delete;

    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// Computes password hashes; keeps libxcrypt's large work area. Not thread-safe.
class PasswordHasher {
public:
    PasswordHasher();
    ~PasswordHasher();
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    /// The hash by a setting or by another hash's method and salt; until the next call. The error is
    /// `internal` with libxcrypt's reason as its cause.
    [[nodiscard]] result<std::string_view> hash(const std::string& password, const char* setting);

    /// Whether the hash is that of the password; compared in constant time.
    [[nodiscard]] result<bool> verify(const std::string& password, const std::string& hash);

private:
    std::unique_ptr<crypt_data> work_;
};

} // namespace portrait::http
