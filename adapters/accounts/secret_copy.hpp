#pragma once

#include <openssl/crypto.h>

#include <string>

namespace portrait::http {

/// Overwrites a text that nobody needs any more.
inline void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
}

/// A copy of a secret; wipes what it was copied from, and itself when it goes.
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

} // namespace portrait::http
