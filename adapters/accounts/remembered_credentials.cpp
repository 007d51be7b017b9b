#include "remembered_credentials.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace portrait::http {

namespace {

/// Lengths keep `ab` + `c` from being `a` + `bc`.
void append_field(std::string& message, std::string_view field) {
    const auto size = static_cast<std::uint64_t>(field.size());
    message.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(field);
}

} // namespace

RememberedCredentials::RememberedCredentials(std::chrono::seconds duration, std::size_t capacity,
                                             std::shared_ptr<const SteadyClock> clock)
    : duration_{duration}
    , capacity_{duration > std::chrono::seconds{0} ? capacity : 0}
    , clock_{std::move(clock)} {
    std::array<unsigned char, 32> secret{};
    if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1)
        throw std::runtime_error{"the system has no random bytes"};
    EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    keyed_.reset(hmac != nullptr ? EVP_MAC_CTX_new(hmac) : nullptr);
    EVP_MAC_free(hmac); // the context has a share of it
    std::string digest = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
                                OSSL_PARAM_construct_end()};
    const bool keyed =
        keyed_ && EVP_MAC_init(keyed_.get(), secret.data(), secret.size(), parameters.data()) == 1;
    OPENSSL_cleanse(secret.data(), secret.size());
    if (!keyed)
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
}

RememberedCredentials::~RememberedCredentials() = default;

void RememberedCredentials::FreeMac::operator()(evp_mac_ctx_st* mac) const noexcept {
    EVP_MAC_CTX_free(mac); // cleanses the key
}

RememberedCredentials::Mac RememberedCredentials::take_keyed() const {
    {
        const std::lock_guard lock{keyed_mutex_};
        if (!spare_.empty()) {
            Mac mac{std::move(spare_.back())};
            spare_.pop_back();
            return mac;
        }
    }
    return Mac{EVP_MAC_CTX_dup(keyed_.get())};
}

void RememberedCredentials::give_back(Mac mac) const {
    if (EVP_MAC_init(mac.get(), nullptr, 0, nullptr) != 1) // the key stays, the message goes
        return;
    const std::lock_guard lock{keyed_mutex_};
    spare_.push_back(std::move(mac));
}

RememberedCredentials::Key RememberedCredentials::key_of(std::string_view user, std::string_view password,
                                                         std::string_view password_hash) const {
    std::string message;
    message.reserve(user.size() + password.size() + password_hash.size() + 3 * sizeof(std::uint64_t));
    append_field(message, user);
    append_field(message, password);
    append_field(message, password_hash);
    Key key{};
    std::size_t size = 0;
    Mac mac = take_keyed();
    const bool made = mac &&
                      EVP_MAC_update(mac.get(), reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size()) == 1 &&
                      EVP_MAC_final(mac.get(), key.data(), &size, key.size()) == 1;
    OPENSSL_cleanse(message.data(), message.size());
    if (!made || size != key.size())
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
    give_back(std::move(mac));
    return key;
}

bool RememberedCredentials::contains(const Key& key) {
    const std::lock_guard lock{mutex_};
    const auto place = places_.find(key);
    if (place == places_.end())
        return false;
    // In whole seconds, so that a duration of any length compares without an overflow.
    if (std::chrono::floor<std::chrono::seconds>(clock_->now() - place->second->verified) < duration_)
        return true;
    oldest_first_.erase(place->second);
    places_.erase(place);
    return false;
}

void RememberedCredentials::remember(const Key& key) {
    if (capacity_ == 0)
        return;
    const std::lock_guard lock{mutex_};
    const auto now = clock_->now();
    if (const auto place = places_.find(key); place != places_.end()) {
        place->second->verified = std::max(place->second->verified, now);
        oldest_first_.splice(oldest_first_.end(), oldest_first_, place->second);
        return;
    }
    if (places_.size() == capacity_) {
        places_.erase(oldest_first_.front().key);
        oldest_first_.pop_front();
    }
    const auto place = oldest_first_.insert(oldest_first_.end(), Entry{key, now});
    places_.emplace(key, place);
}

std::size_t RememberedCredentials::KeyHash::operator()(const Key& key) const noexcept {
    // The key is a MAC already: any of its bytes are as good as a hash.
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof hash);
    return hash;
}

} // namespace portrait::http
