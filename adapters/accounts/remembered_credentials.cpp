#include "remembered_credentials.hpp"

#include <boost/endian/buffers.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace portrait::http {
namespace {

constexpr auto unavailable = "SHA-256 is not available";

} // namespace

RememberedCredentials::RememberedCredentials(std::chrono::seconds duration, std::size_t capacity,
                                             std::shared_ptr<const SteadyClock> clock)
    : duration_{duration}
    , capacity_{duration > std::chrono::seconds{0} ? capacity : 0}
    , secret_{random_bytes()}
    , clock_{std::move(clock)} {
    algorithm_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
    context_.reset(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!algorithm_ || !context_)
        throw std::runtime_error{unavailable};
}

RememberedCredentials::~RememberedCredentials() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
}

RememberedCredentials::Key RememberedCredentials::key_of(std::string_view user, std::string_view password,
                                                         std::string_view password_hash) const {
    Key key{};
    unsigned size = 0;
    const std::lock_guard lock{digest_mutex_};
    bool good = EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1;
    const auto add = [&](const void* bytes, std::size_t count) {
        good = good && EVP_DigestUpdate(context_.get(), bytes, count) == 1;
    };
    add(secret_.data(), secret_.size());
    for (const auto field : {user, password, password_hash}) {
        // The length makes `ab` + `c` differ from `a` + `bc`.
        const boost::endian::little_uint64_buf_t length{field.size()};
        add(length.data(), sizeof length);
        add(field.data(), field.size());
    }
    // The context keeps the last block of 64 bytes, which the password is not to be in.
    constexpr std::array<char, 64> zeros{};
    add(zeros.data(), zeros.size());
    good = good && EVP_DigestFinal_ex(context_.get(), key.data(), &size) == 1;
    if (!good || size != key.size())
        throw std::runtime_error{unavailable};
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
