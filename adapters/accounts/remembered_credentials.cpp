#include "remembered_credentials.hpp"

#include <boost/endian/buffers.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace portrait::http {

RememberedCredentials::RememberedCredentials(std::chrono::seconds duration, std::size_t capacity,
                                             std::shared_ptr<const SteadyClock> clock)
    : duration_{duration}
    , capacity_{duration > std::chrono::seconds{0} ? capacity : 0}
    , clock_{std::move(clock)} {
    auto secret = random_bytes();
    EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    mac_.reset(hmac != nullptr ? EVP_MAC_CTX_new(hmac) : nullptr, &EVP_MAC_CTX_free); // cleanses the key
    EVP_MAC_free(hmac); // the context holds a reference
    std::string digest = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
                                OSSL_PARAM_construct_end()};
    const bool keyed = mac_ && EVP_MAC_init(mac_.get(), secret.data(), secret.size(), parameters.data()) == 1;
    OPENSSL_cleanse(secret.data(), secret.size());
    if (!keyed)
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
}

RememberedCredentials::Key RememberedCredentials::key_of(std::string_view user, std::string_view password,
                                                         std::string_view password_hash) const {
    std::string message;
    message.reserve(user.size() + password.size() + password_hash.size() + 3 * sizeof(std::uint64_t));
    for (const auto field : {user, password, password_hash}) {
        // The length makes `ab` + `c` differ from `a` + `bc`.
        const boost::endian::little_uint64_buf_t size{field.size()};
        message.append(reinterpret_cast<const char*>(size.data()), sizeof size).append(field);
    }
    Key key{};
    std::size_t size = 0;
    const auto compute = [&] {
        const std::lock_guard lock{mac_mutex_};
        return EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 && // keeps the key, drops the last message
               EVP_MAC_update(mac_.get(), reinterpret_cast<const unsigned char*>(message.data()),
                              message.size()) == 1 &&
               EVP_MAC_final(mac_.get(), key.data(), &size, key.size()) == 1;
    };
    const bool made = compute();
    OPENSSL_cleanse(message.data(), message.size());
    if (!made || size != key.size())
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
    return key;
}

bool RememberedCredentials::contains(const Key& key) {
    const std::lock_guard lock{mutex_};
    const auto* const verified = verified_.find(key);
    if (verified == nullptr)
        return false;
    // In whole seconds, so that a duration of any length compares without an overflow.
    if (std::chrono::floor<std::chrono::seconds>(clock_->now() - *verified) < duration_)
        return true;
    verified_.erase(key);
    return false;
}

void RememberedCredentials::remember(const Key& key) {
    if (capacity_ == 0)
        return;
    const std::lock_guard lock{mutex_};
    if (verified_.size() == capacity_ && verified_.find(key) == nullptr)
        verified_.erase(verified_.oldest().key);
    auto& verified = verified_.touch(key);
    verified = std::max(verified, clock_->now());
}

} // namespace portrait::http
