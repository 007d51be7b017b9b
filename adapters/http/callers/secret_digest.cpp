#include <portrait/http/secret_digest.hpp>

#include "formats/base64.hpp"

#include <boost/algorithm/hex.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <stdexcept>

namespace portrait::http {

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
        throw std::runtime_error{"The system has no random bytes"};
    return bytes;
}

std::string random_secret() {
    return base64url(random_bytes());
}

std::string base64url(const SecretDigest& bytes) {
    std::string text;
    append_base64(text, std::as_bytes(std::span{bytes}));
    text.pop_back(); // the padding
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::string hexadecimal(const SecretDigest& digest) {
    std::string text;
    boost::algorithm::hex_lower(digest, std::back_inserter(text));
    return text;
}

std::optional<SecretDigest> parse_hexadecimal(std::string_view text) {
    SecretDigest digest{};
    if (text.size() != digest.size() * 2 ||
        text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    boost::algorithm::unhex(text, digest.begin());
    return digest;
}

} // namespace portrait::http
