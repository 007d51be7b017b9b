#pragma once

#include <portrait/clock.hpp>
#include <portrait/http/lru_map.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>

// OpenSSL's EVP_MD and EVP_MD_CTX.
struct evp_md_st;
struct evp_md_ctx_st;

namespace portrait::http {

/// Passwords that were verified a short time ago, kept as SHA-256 of a random secret of this object,
/// which never leaves it, and the password: the digests can't be tried offline without the secret.
/// Thread-safe; never blocks for long.
class RememberedCredentials {
public:
    using Key = SecretDigest;

    /// Remembers nothing when either is 0.
    RememberedCredentials(std::chrono::seconds duration, std::size_t capacity,
                          std::shared_ptr<const SteadyClock> clock);
    RememberedCredentials(const RememberedCredentials&) = delete;
    RememberedCredentials& operator=(const RememberedCredentials&) = delete;
    ~RememberedCredentials();

    /// The key of a user's password while the user has this hash.
    Key key_of(std::string_view user, std::string_view password, std::string_view password_hash) const;

    bool contains(const Key& key);
    /// Evicts the key that was verified longest ago when there is no room.
    void remember(const Key& key);

private:
    const std::chrono::seconds duration_;
    const std::size_t capacity_;
    SecretDigest secret_;
    mutable std::mutex digest_mutex_; ///< of the context, which is reused: another one costs allocations
    std::shared_ptr<evp_md_st> algorithm_;
    std::shared_ptr<evp_md_ctx_st> context_;
    const std::shared_ptr<const SteadyClock> clock_; ///< read under the lock, so that times come in order
    std::mutex mutex_;
    LruMap<SteadyTimestamp> verified_;
};

} // namespace portrait::http
