
#include <portrait/http/secret_digest.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace portrait::http {

namespace {

int digit_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

} // namespace

SecretDigest sha256(std::string_view secret) {
    SecretDigest digest{};
    unsigned size = 0;
    if (EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1 ||
        size != digest.size())
        throw std::runtime_error{"SHA-256 is not available"};
    return digest;
}

SecretDigest hmac_sha256(const SecretDigest& key, std::string_view message) {
    SecretDigest digest{};
    unsigned size = 0;
    const auto* made =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size);
    if (made == nullptr || size != digest.size())
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
    return digest;
}

bool equal_secrets(const SecretDigest& left, const SecretDigest& right) noexcept {
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool equal_secrets(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::size_t SecretDigestHash::operator()(const SecretDigest& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

SecretDigest random_bytes() {
    SecretDigest bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error{"the system has no random bytes"};
    return bytes;
}

std::string random_secret() {
    return base64url(random_bytes());
}

std::string base64url(const SecretDigest& bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto byte : bytes) {
        bits = (bits << 8U) | byte;
        for (count += 8; count >= 6; count -= 6)
            text.push_back(alphabet[(bits >> (count - 6)) & 63U]);
    }
    if (count != 0)
        text.push_back(alphabet[(bits << (6 - count)) & 63U]);
    return text;
}

std::string hexadecimal(const SecretDigest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(digest.size() * 2);
    for (const auto byte : digest) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 15U]);
    }
    return text;
}

std::optional<SecretDigest> parse_hexadecimal(std::string_view text) {
    SecretDigest digest{};
    if (text.size() != digest.size() * 2)
        return std::nullopt;
    for (std::size_t index = 0; index < digest.size(); ++index) {
        const int high = digit_value(text[2 * index]);
        const int low = digit_value(text[2 * index + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        digest[index] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return digest;
}

} // namespace portrait::http
