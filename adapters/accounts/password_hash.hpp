#pragma once

#include <portrait/error.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct crypt_data;

namespace portrait::http {

/// Longer passwords are refused; libxcrypt takes no more.
inline constexpr std::size_t max_password_length = 511;

/// Why a hash of a users file can't be used, as the end of a sentence; empty when it can.
std::string_view password_hash_fault(std::string_view hash);

/// Computes password hashes; keeps libxcrypt's large work area. For one thread at a time.
class PasswordHasher {
public:
    PasswordHasher();
    ~PasswordHasher();
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    /// Whether the hash is that of the password; compared in constant time. An error means that it couldn't
    /// be computed, and its cause says why.
    [[nodiscard]] result<bool> verify(const std::string& password, const std::string& hash);

private:
    std::unique_ptr<crypt_data> work_;
};

} // namespace portrait::http
