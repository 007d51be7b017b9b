#pragma once

#include <portrait/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The SHA-256 of a secret with at least 128 random bits. Such secrets can't be guessed from it, so no slow
/// hash is needed.
using SecretDigest = std::array<std::uint8_t, 32>;

PORTRAIT_EXPORT SecretDigest sha256(std::string_view secret);

/// HMAC-SHA-256.
PORTRAIT_EXPORT SecretDigest hmac_sha256(const SecretDigest& key, std::string_view message);

/// Compares in constant time.
PORTRAIT_EXPORT bool equal_secrets(const SecretDigest& left, const SecretDigest& right) noexcept;

/// Compares in a time that depends on the lengths alone.
PORTRAIT_EXPORT bool equal_secrets(std::string_view left, std::string_view right) noexcept;

/// For hash tables: the first bytes of a digest are a hash already.
struct PORTRAIT_EXPORT SecretDigestHash {
    std::size_t operator()(const SecretDigest& digest) const noexcept;
};
/// Compares two keys of a hash table by `equal_secrets`.
struct SecretDigestEqual {
    bool operator()(const SecretDigest& left, const SecretDigest& right) const noexcept {
        return equal_secrets(left, right);
    }
};

/// Random bytes of the system's generator. Throws `std::runtime_error` when it has none.
PORTRAIT_EXPORT SecretDigest random_bytes();

/// A fresh secret of 256 random bits, as 43 characters of base64url.
PORTRAIT_EXPORT std::string random_secret();

/// 32 bytes as 43 characters of base64url (RFC 4648 section 5) without padding.
PORTRAIT_EXPORT std::string base64url(const SecretDigest& bytes);

/// 64 lower-case hexadecimal digits, and back; absent when the text is anything else.
PORTRAIT_EXPORT std::string hexadecimal(const SecretDigest& digest);
PORTRAIT_EXPORT std::optional<SecretDigest> parse_hexadecimal(std::string_view text);

} // namespace portrait::http
