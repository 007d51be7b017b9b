#pragma once

#include <portrait/clock.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

/// OpenSSL's, whose headers are not needed here.
struct evp_mac_ctx_st;

namespace portrait::http {

/// Passwords that were verified a short time ago, kept as HMAC-SHA-256 under a key that is made at random for
/// this object and never leaves it: what is in memory can't be tried offline without it. Thread-safe; never
/// blocks for long.
class RememberedCredentials {
public:
    using Key = std::array<std::uint8_t, 32>;

    /// Either of 0 remembers nothing.
    RememberedCredentials(std::chrono::seconds duration, std::size_t capacity,
                          std::shared_ptr<const SteadyClock> clock);
    ~RememberedCredentials();
    RememberedCredentials(const RememberedCredentials&) = delete;
    RememberedCredentials& operator=(const RememberedCredentials&) = delete;

    /// What stands for a user's password as long as the user's hash is this one.
    Key key_of(std::string_view user, std::string_view password, std::string_view password_hash) const;

    bool contains(const Key& key);
    /// The one that was verified longest ago makes room.
    void remember(const Key& key);

private:
    struct Entry {
        Key key;
        SteadyTimestamp verified;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };

    const std::chrono::seconds duration_;
    const std::size_t capacity_;
    struct FreeMac {
        void operator()(evp_mac_ctx_st* mac) const noexcept;
    };
    using Mac = std::unique_ptr<evp_mac_ctx_st, FreeMac>;

    /// Of those that no message is in.
    Mac take_keyed() const;
    void give_back(Mac mac) const;

    Mac keyed_; ///< holds the secret key; never used but to be copied
    mutable std::mutex keyed_mutex_;
    mutable std::vector<Mac> spare_; ///< copies of it, as many as there were at work at the same time
    const std::shared_ptr<const SteadyClock> clock_; ///< read under the lock, so that times come in order
    std::mutex mutex_;
    std::list<Entry> oldest_first_;
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> places_;
};

} // namespace portrait::http
